package dev.millrace.api.rank;

import dev.millrace.api.problem.ErrorClass;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ps.serve.ScoreTime;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Until when somebody waits for an answer, known to whatever works on it on the request's thread: between its parts it asks
 * whether that is still of use.
 *
 * @param atNs of the system's nanosecond clock
 * @param millis that the caller gave, for the words of the refusal
 */
public record Deadline(long atNs, long millis) {
    private static final ScopedValue<Deadline> CURRENT = ScopedValue.newInstance();
    private static final int GATEWAY_TIMEOUT = 504;
    /** Over gRPC the deadline is the call's own. */
    private static final Problem GONE = passed("the answer was not there within the call's deadline", null);

    /** From now on. */
    public static Deadline in(long millis) {
        return new Deadline(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis), millis);
    }

    /** Works on something that is of use until then. */
    public <T> T on(Callable<T> work) throws Exception {
        return ScopedValue.where(CURRENT, this).call(() -> ScoreTime.within(this::leftNs, work));
    }

    /** The same work for another thread. */
    public static <T> Callable<T> carried(Callable<T> work) {
        if (!CURRENT.isBound()) {
            return ScoreTime.carried(work);
        }
        Deadline deadline = CURRENT.get();
        return () -> deadline.on(work);
    }

    /** @throws ProblemException (504) when nobody waits any more; where there is no deadline, never */
    static void check() {
        if (CURRENT.isBound() && CURRENT.get().leftNs() <= 0) {
            throw new ProblemException(CURRENT.get().passed());
        }
    }

    /** The same, where the log may have the impression yet: the same request again finds it under this id. */
    static void check(String requestId) {
        if (CURRENT.isBound() && CURRENT.get().leftNs() <= 0) {
            throw new ProblemException(CURRENT.get().passed().withRequestId(requestId));
        }
    }

    /** What becomes of a request whose scoring has stopped because its time was over. */
    static ProblemException over() {
        return new ProblemException(CURRENT.isBound() ? CURRENT.get().passed() : GONE);
    }

    /** Longest wait from now on: this, or what is left. */
    static Duration atMost(Duration wait) {
        if (!CURRENT.isBound()) {
            return wait;
        }
        Duration left = Duration.ofNanos(Math.max(0, CURRENT.get().leftNs()));
        return left.compareTo(wait) < 0 ? left : wait;
    }

    private long leftNs() {
        return atNs - System.nanoTime();
    }

    private Problem passed() {
        return passed("the answer was not there within the deadline of " + millis + " ms", "X-Deadline-Ms");
    }

    private static Problem passed(String detail, @Nullable String field) {
        return new Problem(
                ErrorClass.STALE,
                GATEWAY_TIMEOUT,
                "Deadline passed",
                detail,
                field,
                "send a longer one, or fewer candidates",
                0,
                null,
                null);
    }
}
