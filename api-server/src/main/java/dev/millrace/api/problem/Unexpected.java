package dev.millrace.api.problem;

import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What nobody expected: logged with an instance id, which is all that the caller gets. */
public final class Unexpected {
    private static final Logger LOG = LoggerFactory.getLogger(Unexpected.class);

    private Unexpected() {}

    /** @param what failed, for the log */
    public static Problem logged(String what, @Nullable Throwable failure) {
        String instance = "urn:uuid:" + UUID.randomUUID();
        LOG.error("{} failed, {}", what, instance, failure);
        return Problem.internal(instance);
    }

    /** What an exception tells the caller: its problem, or only that it was logged. */
    public static Problem problem(String what, Throwable failure) {
        return failure instanceof ProblemException refused ? refused.problem() : logged(what, failure);
    }
}
