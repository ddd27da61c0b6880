package dev.millrace.api.http;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.rank.Deadline;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The {@code X-Deadline-Ms} header: milliseconds for which the caller waits, from when the request is here. */
final class Deadlines {
    static final String HEADER = "X-Deadline-Ms";
    private static final long LONGEST = 600_000;
    private static final Pattern MILLIS = Pattern.compile("\\d{1,6}");

    private Deadlines() {}

    static <T> T within(@Nullable String header, Callable<T> work) throws Exception {
        if (header == null) {
            return work.call();
        }
        String text = header.strip();
        long millis = MILLIS.matcher(text).matches() ? Long.parseLong(text) : 0;
        if (millis < 1 || millis > LONGEST) {
            throw new ProblemException(Problem.invalid(
                    HEADER, HEADER + " is no number of milliseconds", "send a whole number, 1.." + LONGEST));
        }
        return Deadline.in(millis).on(work);
    }
}
