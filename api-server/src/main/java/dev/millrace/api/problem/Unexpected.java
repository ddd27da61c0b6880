package dev.millrace.api.problem;

import dev.millrace.ingest.profile.ProfilesUnavailable;
import java.io.EOFException;
import java.nio.channels.ClosedChannelException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a handler did not refuse itself: a part that is away, or what nobody expected, of which the caller gets an id. */
public final class Unexpected {
    private static final Logger LOG = LoggerFactory.getLogger(Unexpected.class);

    private Unexpected() {}

    /** @param what failed, for the log */
    public static Problem logged(String what, @Nullable Throwable failure) {
        String instance = "urn:uuid:" + UUID.randomUUID();
        LOG.error("{} failed, {}", what, instance, failure);
        return Problem.internal(instance);
    }

    /** Nobody reads it; it counts as the caller's. Whoever looks for another reason finds it at the level of debugging. */
    private static Problem hungUp(String what, Throwable failure) {
        LOG.debug("{}: the connection ended", what, failure);
        return Problem.invalid(
                null,
                "the connection ended before the whole body was there",
                "send as many bytes as the Content-Length says");
    }

    /** What an exception tells the caller: its problem, or only that it was logged. */
    public static Problem problem(String what, Throwable failure) {
        return switch (failure) {
            case ProblemException refused -> refused.problem();
            case ProfilesUnavailable away -> Problem.stale("the profiles cannot be had now: " + away.getMessage());
            case EOFException gone -> hungUp(what, gone);
            case ClosedChannelException gone -> hungUp(what, gone);
            default -> logged(what, failure);
        };
    }
}
