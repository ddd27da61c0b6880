package dev.millrace.ps.serve;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of weights that are kept elsewhere, asked for again and again. Listeners hear of the newest version at each
 * look, so of no two looks' versions between; who knows of each one tells it by {@link #heard}.
 *
 * <pre>
 *  field     read by   written by                   guard
 *  version   anybody   asking and hearing threads   volatile
 *  caughtUp  anybody   asking thread                volatile
 *  told      both      both                         this
 * </pre>
 */
public final class PolledState implements ReplicaState, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PolledState.class);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final String name;
    private final Supplier<Look> source;
    private final Duration every;
    private final AppliedListeners listeners = new AppliedListeners();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile ServedVersion version = ServedVersion.NONE;
    private volatile boolean caughtUp;
    private long told;
    private boolean failing;

    /**
     * @param caughtUp as {@link ReplicaState#caughtUp}
     * @param heard whether somebody tells of each version, so that listeners are not told of this one
     */
    public record Look(ServedVersion version, boolean caughtUp, boolean heard) {}

    /**
     * Begins to ask, on a thread of its own.
     *
     * @param source throws {@link WeightsUnavailable} when there is no answer; then nothing is caught up
     */
    public PolledState(String name, Supplier<Look> source, Duration every) {
        this.name = name;
        this.source = source;
        this.every = every;
        thread = Thread.ofVirtual().name("weights-state-" + name).start(this::run);
    }

    private void run() {
        try {
            do {
                look();
            } while (!closing.await(every.toNanos(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            LOG.debug("state of {} is asked for no more", name, e);
        }
    }

    private void look() {
        try {
            Look look = source.get();
            version = look.version();
            caughtUp = look.caughtUp();
            if (!look.heard()) {
                tell(look.version());
            }
            if (failing) {
                LOG.info("weights of {} are there again", name);
            }
            failing = false;
        } catch (RuntimeException e) {
            caughtUp = false;
            if (!failing) {
                LOG.warn("weights of {}: {}", name, e.getMessage(), e);
            }
            failing = true;
        }
    }

    /** Tells the listeners of one version, on the calling thread. */
    public void heard(ServedVersion newer) {
        version = newer;
        tell(newer);
    }

    private synchronized void tell(ServedVersion newer) {
        if (newer.sequence() != told) {
            told = newer.sequence();
            listeners.accept(newer);
        }
    }

    @Override
    public ServedVersion version() {
        return version;
    }

    @Override
    public boolean caughtUp() {
        return caughtUp;
    }

    @Override
    public void onApplied(Consumer<ServedVersion> listener) {
        listeners.add(listener);
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            if (!thread.join(CLOSE)) {
                LOG.warn("{} does not stop asking", name);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
