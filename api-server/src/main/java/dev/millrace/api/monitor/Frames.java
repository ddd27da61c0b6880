package dev.millrace.api.monitor;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * The last snapshots of each model, one a period, whether somebody looks or not: who comes later gets what was, who comes
 * back gets what was missed.
 *
 * <p>A frame's id is its time in milliseconds, or one more than the frame before it where that is more, so that ids go on
 * over a restart of the server. One thread makes frames; any may read.
 */
public final class Frames implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Frames.class);

    /**
     * @param period between frames
     * @param keep frames of a model that are kept
     */
    public record Config(Duration period, int keep) {
        /** Ten minutes of seconds. */
        public static final Config DEFAULT = new Config(Duration.ofSeconds(1), 600);

        public Config {
            if (!period.isPositive() || keep < 1) {
                throw new IllegalArgumentException(
                        "frames need a period and at least one to keep, not " + period + " and " + keep);
            }
        }
    }

    /** @param id grows from frame to frame */
    public record Frame(long id, MonitorSnapshot snapshot) {}

    private final Config config;
    private final Function<String, MonitorSnapshot> snapshots;
    private final Map<String, Deque<Frame>> rings = new LinkedHashMap<>();
    private final Sinks.Many<Long> made = Sinks.many().multicast().directBestEffort();
    private final ScheduledExecutorService clockwork = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("api-frames").daemon().factory());
    private long round;

    /** @param snapshots of a model, as it is now */
    public Frames(Config config, Collection<String> models, Function<String, MonitorSnapshot> snapshots) {
        this.config = config;
        this.snapshots = snapshots;
        models.forEach(model -> rings.put(model, new ArrayDeque<>()));
    }

    /** Makes frames from now on. */
    public Frames start() {
        long periodNs = config.period().toNanos();
        var unused = clockwork.scheduleAtFixedRate(this::guarded, 0, periodNs, TimeUnit.NANOSECONDS);
        return this;
    }

    private void guarded() {
        try {
            make();
        } catch (RuntimeException e) {
            // The next one may be had.
            LOG.warn("no frame of the monitor", e);
        }
    }

    /** Makes one frame of each model. */
    void make() {
        rings.forEach((model, ring) -> {
            MonitorSnapshot snapshot = snapshots.apply(model);
            synchronized (ring) {
                Frame last = ring.peekLast();
                long id = last == null ? snapshot.timeMs() : Math.max(snapshot.timeMs(), last.id() + 1);
                ring.add(new Frame(id, snapshot));
                if (ring.size() > config.keep()) {
                    ring.remove();
                }
            }
        });
        var unused = made.tryEmitNext(++round);
    }

    /** What is kept of a model behind an id, oldest first. */
    public List<Frame> after(String model, long id) {
        Deque<Frame> ring = Objects.requireNonNull(rings.get(model), model);
        List<Frame> behind = new ArrayList<>();
        synchronized (ring) {
            for (var frames = ring.descendingIterator(); frames.hasNext(); ) {
                Frame frame = frames.next();
                if (frame.id() <= id) {
                    break;
                }
                behind.add(frame);
            }
        }
        return behind.reversed();
    }

    /** The id before a model's newest frame; 0 where there is none. */
    public long beforeNewest(String model) {
        Deque<Frame> ring = Objects.requireNonNull(rings.get(model), model);
        synchronized (ring) {
            Frame last = ring.peekLast();
            return last == null ? 0 : last.id() - 1;
        }
    }

    /**
     * All frames of a model behind an id, those that are kept at once, then each as it is made. A reader that is slow
     * gets what came meanwhile together, as far as it is kept.
     */
    public Publisher<Frame> stream(String model, long after) {
        return Flux.defer(() -> {
            long[] last = {after};
            return made.asFlux()
                    .startWith(0L)
                    .onBackpressureLatest()
                    .concatMapIterable(
                            tick -> {
                                List<Frame> frames = after(model, last[0]);
                                if (!frames.isEmpty()) {
                                    last[0] = frames.getLast().id();
                                }
                                return frames;
                            },
                            1);
        });
    }

    @Override
    public void close() {
        clockwork.shutdownNow();
        var unused = made.tryEmitComplete();
    }
}
