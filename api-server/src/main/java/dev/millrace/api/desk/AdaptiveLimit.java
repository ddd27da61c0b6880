package dev.millrace.api.desk;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * Lets in as many requests at a time as are answered without a queue, and finds out how many that are. A request takes
 * {@code least} without a queue; where one takes more, the others' time is spent in waiting. So once a window
 *
 * <pre>
 *  gradient = clamp(tolerance · least / mean time in the window, ½, 1)
 *  limit    = limit · gradient + √limit        (only while it is used)
 * </pre>
 *
 * which is the gradient limit of Netflix's concurrency-limits ("Performance Under Load", 2018; Gradient2Limit), after TCP
 * Vegas (Brakmo and Peterson 1995), with another {@code least}: the least mean of the windows in {@link Config#memory}.
 * For that not to become the time of a standing queue, the limit is a quarter of itself in one window of each
 * {@link Config#probe}, as BBR (Cardwell et al. 2016) drains its pipe to see how long it is.
 *
 * <pre>
 *  field              read by    written by       guard
 *  inFlight, limit    anybody    anybody, window's end   atomic, volatile
 *  window's sums      window's end   anybody      this
 * </pre>
 */
public final class AdaptiveLimit {
    private static final int BUCKETS = 8;
    private static final double LEAST_GRADIENT = 0.5;
    private static final double SMOOTHING = 0.5;
    /** Less than what there is without a queue: the limit is {@code tolerance} times that and its root. */
    private static final double DRAINED = 4;

    private static final long LEAST_SAMPLES = 8;
    /** In windows: a look ends after so many, whether enough has come by then or not. */
    private static final int LONGEST_LOOK = 5;

    private static final int LEAST_A_PROCESSOR = 32;

    /**
     * @param initial at a time, before anything is known
     * @param least never fewer, but for a look at what there is without a queue
     * @param most never more
     * @param tolerance how many times the least time a request may take before that counts as a queue
     * @param window in which times are averaged
     * @param memory how long the least time is remembered
     * @param probe how often the queue is drained for a look
     */
    public record Config(
            int initial, int least, int most, double tolerance, Duration window, Duration memory, Duration probe) {
        public Config {
            if (least < 1 || initial < least || most < initial || !(tolerance > 1)) {
                throw new IllegalArgumentException("a limit of requests at a time: 1 <= least " + least + " <= initial "
                        + initial + " <= most " + most + ", tolerance " + tolerance + " > 1");
            }
        }

        /** Of so many at most. */
        public static Config upTo(int most) {
            // Fewer would refuse what gathers while the process stands still for a moment; a look is short.
            int least = Math.min(most, LEAST_A_PROCESSOR * Runtime.getRuntime().availableProcessors());
            return new Config(
                    Math.min(most, 2 * least),
                    least,
                    most,
                    2,
                    Duration.ofMillis(100),
                    Duration.ofSeconds(40),
                    Duration.ofSeconds(5));
        }
    }

    private final String what;
    private final Config config;
    private final LongSupplier nanos;
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile int limit;

    private double estimate;
    private long windowFromNs;
    private long probeAtNs;
    private volatile boolean probing;
    private long sumNs;
    private long samples;
    private int mostInFlight;
    private final double[] leastNs = new double[BUCKETS];
    private long bucketFromNs;
    private int bucket;

    /**
     * @param what is let in, for the problem
     * @param nanos a clock like {@link System#nanoTime}
     */
    public AdaptiveLimit(String what, Config config, LongSupplier nanos) {
        this.what = what;
        this.config = config;
        this.nanos = nanos;
        estimate = config.initial();
        limit = config.initial();
        windowFromNs = nanos.getAsLong();
        bucketFromNs = windowFromNs;
        probeAtNs = windowFromNs + config.probe().toNanos();
        java.util.Arrays.fill(leastNs, Double.POSITIVE_INFINITY);
    }

    /** Whether one more would be told to come again; a guess by the time that it comes. */
    public boolean isFull() {
        return inFlight.get() >= limit && inFlight.get() >= limitAfterLook();
    }

    /** The limit; a look at the time without a queue that has lasted too long ends here, where nothing else would end it. */
    private int limitAfterLook() {
        if (probing) {
            synchronized (this) {
                long nowNs = nanos.getAsLong();
                if (probing
                        && nowNs - windowFromNs
                                >= LONGEST_LOOK * config.window().toNanos()) {
                    endProbe(nowNs);
                    limit = clamp(estimate);
                    beginWindow(nowNs);
                }
            }
        }
        return limit;
    }

    public int limit() {
        return limit;
    }

    public int inFlight() {
        return inFlight.get();
    }

    /** A refusal of one more. */
    public ProblemException refusal() {
        return new ProblemException(Problem.overload("too many " + what + " at once"));
    }

    /**
     * What the work gives.
     *
     * @throws ProblemException (overload) when there is no room
     */
    public <T> T pass(Callable<T> work) throws Exception {
        enter();
        long startNs = nanos.getAsLong();
        try {
            return work.call();
        } finally {
            leave(startNs);
        }
    }

    /** For one that ends elsewhere: each is followed by one {@link #leave}. */
    public void enter() {
        if (inFlight.incrementAndGet() > limit && inFlight.get() > limitAfterLook()) {
            inFlight.decrementAndGet();
            throw refusal();
        }
    }

    public void leave(long startNs) {
        int together = inFlight.getAndDecrement();
        long nowNs = nanos.getAsLong();
        synchronized (this) {
            // One that came before the window has waited for what the limit was then.
            if (startNs - windowFromNs >= 0) {
                sumNs += nowNs - startNs;
                samples++;
            }
            mostInFlight = Math.max(mostInFlight, together);
            if (nowNs - windowFromNs >= config.window().toNanos() && samples >= LEAST_SAMPLES) {
                endWindow(nowNs);
            }
        }
    }

    private void endWindow(long nowNs) {
        double meanNs = (double) sumNs / samples;
        remember(meanNs, nowNs);
        boolean used = mostInFlight >= limit * LEAST_GRADIENT;
        if (probing) {
            endProbe(nowNs);
        } else {
            adjust(meanNs, used);
            probing = used && nowNs >= probeAtNs;
        }
        // Below the least too: what waits behind that many places would pass for the time without a queue.
        limit = probing ? Math.max(1, (int) Math.round(estimate / DRAINED)) : clamp(estimate);
        beginWindow(nowNs);
    }

    private void endProbe(long nowNs) {
        probing = false;
        probeAtNs = nowNs + config.probe().toNanos();
    }

    private void beginWindow(long nowNs) {
        windowFromNs = nowNs;
        sumNs = 0;
        samples = 0;
        mostInFlight = 0;
    }

    private void adjust(double meanNs, boolean used) {
        if (!used) {
            // Not this limit is what they waited for.
            return;
        }
        double gradient = Math.clamp(config.tolerance() * least() / meanNs, LEAST_GRADIENT, 1);
        double next = estimate * gradient + Math.sqrt(estimate);
        estimate = clamp(estimate * (1 - SMOOTHING) + next * SMOOTHING);
    }

    private int clamp(double places) {
        return (int) Math.clamp(Math.round(places), config.least(), config.most());
    }

    private void remember(double meanNs, long nowNs) {
        if (nowNs - bucketFromNs >= config.memory().toNanos() / BUCKETS) {
            bucketFromNs = nowNs;
            bucket = (bucket + 1) % BUCKETS;
            leastNs[bucket] = Double.POSITIVE_INFINITY;
        }
        leastNs[bucket] = Math.min(leastNs[bucket], meanNs);
    }

    private double least() {
        double least = Double.POSITIVE_INFINITY;
        for (double one : leastNs) {
            least = Math.min(least, one);
        }
        return least;
    }
}
