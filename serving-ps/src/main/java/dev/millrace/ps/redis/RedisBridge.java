package dev.millrace.ps.redis;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.serve.Backoff;
import dev.millrace.ps.serve.DeltaFollower;
import dev.millrace.ps.serve.DeltaLog;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ServingSnapshots;
import dev.millrace.ps.serve.WeightsUnavailable;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows a model's delta log into Redis while it holds the model's lease; other bridges of the model wait for it. One
 * that died is replaced when its lease ends.
 *
 * <pre>
 *  field      read by          written by
 *  follower   anybody          lease thread   volatile
 * </pre>
 */
final class RedisBridge implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisBridge.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(250);
    private static final Duration LAST_WAIT = Duration.ofSeconds(10);
    private static final Duration CLOSE = Duration.ofSeconds(15);
    /** Looks at the lease in the time that it lasts. */
    private static final int LOOKS = 10;

    private final ModelSpec spec;
    private final RedisConfig config;
    private final RedisLink link;
    private final Supplier<? extends DeltaLog> logs;
    private final ServingSnapshots snapshots;
    private final Clock clock;
    private final Consumer<ServedVersion> listener;
    private final Lease lease;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile @Nullable DeltaFollower follower;
    private long heldNs;

    RedisBridge(
            ModelSpec spec,
            RedisConfig config,
            RedisLink link,
            Supplier<? extends DeltaLog> logs,
            ServingSnapshots snapshots,
            Clock clock,
            Consumer<ServedVersion> listener) {
        this.spec = spec;
        this.config = config;
        this.link = link;
        this.logs = logs;
        this.snapshots = snapshots;
        this.clock = clock;
        this.listener = listener;
        lease = new Lease(spec.model(), UUID.randomUUID().toString(), config, link);
        thread = Thread.ofPlatform().name("redis-bridge-" + spec.model()).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Whether this bridge is the one that writes. */
    boolean writes() {
        return follower != null;
    }

    private void run() {
        try {
            do {
                look();
            } while (!closing.await(config.lease().toNanos() / LOOKS, TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            LOG.debug("bridge of {} ends", spec.model(), e);
        } finally {
            end();
        }
    }

    private void look() {
        try {
            DeltaFollower running = follower;
            if (held(running != null && running.caughtUp())) {
                if (running == null) {
                    begin();
                }
            } else if (running != null) {
                LOG.warn("model {}: another bridge writes to Redis now", spec.model());
                running.close();
                follower = null;
            }
        } catch (RuntimeException e) {
            LOG.warn("bridge of {}: {}", spec.model(), e.getMessage(), e);
        }
    }

    private boolean held(boolean caughtUp) {
        try {
            if (lease.hold(caughtUp)) {
                heldNs = System.nanoTime();
                return true;
            }
            return false;
        } catch (WeightsUnavailable e) {
            LOG.debug("bridge of {}: {}", spec.model(), e.getMessage(), e);
            // Until it has ended nobody else can have it.
            return follower != null
                    && System.nanoTime() - heldNs < config.lease().toNanos();
        }
    }

    private void begin() {
        var sink = new RedisDeltaSink(spec, config, link, snapshots, clock, listener);
        var next = new DeltaFollower(spec.model(), logs, sink, new Backoff(FIRST_WAIT, LAST_WAIT));
        next.start();
        follower = next;
        LOG.info("model {}: this bridge writes to Redis now", spec.model());
    }

    private void end() {
        DeltaFollower running = follower;
        if (running == null) {
            return;
        }
        running.close();
        follower = null;
        try {
            lease.release();
        } catch (WeightsUnavailable e) {
            LOG.debug("bridge of {}: its lease ends by itself", spec.model(), e);
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            if (thread.isAlive() && !thread.join(CLOSE)) {
                LOG.warn("bridge of {} did not stop in {}", spec.model(), CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
