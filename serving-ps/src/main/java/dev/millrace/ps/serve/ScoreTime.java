package dev.millrace.ps.serve;

import java.util.concurrent.Callable;
import java.util.function.LongSupplier;

/**
 * How long the scores of the request at hand are of use. Whoever asks for them says it; scoring looks every
 * {@value #ITEMS} items, and stops when the time is over.
 */
public final class ScoreTime {
    private static final ScopedValue<LongSupplier> LEFT_NS = ScopedValue.newInstance();
    /** Items between two looks: some microseconds of work. */
    static final int ITEMS = 64;

    private ScoreTime() {}

    /** Nobody waits for the scores any more. */
    public static final class Over extends RuntimeException {
        private static final long serialVersionUID = 1;

        Over() {
            super("nobody waits for these scores any more", null, false, false);
        }
    }

    /**
     * Works within a time.
     *
     * @param leftNs nanoseconds that are left, 0 or less when it is over; asked often, by any thread
     * @throws Over by the work, when the time was over before its scores were
     */
    public static <T> T within(LongSupplier leftNs, Callable<T> work) throws Exception {
        return ScopedValue.where(LEFT_NS, leftNs).call(work::call);
    }

    /** The same work for another thread, within this thread's time. */
    public static <T> Callable<T> carried(Callable<T> work) {
        if (!LEFT_NS.isBound()) {
            return work;
        }
        LongSupplier leftNs = LEFT_NS.get();
        return () -> within(leftNs, work);
    }

    /** Nanoseconds; {@link Long#MAX_VALUE} where nobody has said. */
    public static long leftNs() {
        return LEFT_NS.isBound() ? LEFT_NS.get().getAsLong() : Long.MAX_VALUE;
    }

    /** @throws Over when it is */
    public static void check() {
        if (leftNs() <= 0) {
            throw new Over();
        }
    }

    /** Looks at every {@value #ITEMS}th item. @throws Over when it is */
    static void check(int item) {
        if (item % ITEMS == ITEMS - 1) {
            check();
        }
    }
}
