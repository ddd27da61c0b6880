package dev.millrace.learner.remote.sim;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.Samples;
import dev.millrace.learner.remote.worker.SampleFeed;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Virtual time, a samples topic in memory, and a network that delays, loses, doubles and reorders. One thread, one seed. */
final class SimWorld {
    final Random random;
    final ModelSpec spec;
    final List<List<SampleBlock>> samples = new ArrayList<>();
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atMs).thenComparingLong(Event::number));
    private long nowMs = 1_000_000;
    private long numbers;
    private long nextId;
    boolean faulty = true;

    private record Event(long atMs, long number, Runnable action) {}

    SimWorld(long seed, ModelSpec spec, int partitions) {
        this.random = new Random(seed);
        this.spec = spec;
        for (int p = 0; p < partitions; p++) {
            samples.add(new ArrayList<>());
        }
    }

    InstantSource clock() {
        return () -> Instant.ofEpochMilli(nowMs);
    }

    long nowMs() {
        return nowMs;
    }

    void in(long delayMs, Runnable action) {
        events.add(new Event(nowMs + delayMs, numbers++, action));
    }

    void runUntil(long atMs) {
        while (!events.isEmpty() && events.peek().atMs() <= atMs) {
            Event event = events.remove();
            nowMs = Math.max(nowMs, event.atMs());
            event.action().run();
        }
        nowMs = Math.max(nowMs, atMs);
    }

    boolean chance(double probability) {
        return faulty && random.nextDouble() < probability;
    }

    long delayMs() {
        return 1L + random.nextInt(chance(0.05) ? 400 : 8);
    }

    /** A record of a few samples; now and then one that came before, as the join sends after a fault. */
    void produce() {
        List<SampleBlock> log = samples.get(random.nextInt(samples.size()));
        if (!log.isEmpty() && random.nextInt(8) == 0) {
            log.add(log.get(Math.max(0, log.size() - 1 - random.nextInt(5))));
        } else {
            int n = 1 + random.nextInt(6);
            int slot = spec.network().isLinear()
                    ? 0
                    : FeatureIds.slot(spec.slots().get(0).name());
            log.add(Samples.random(random, spec.fingerprint(), nextId, n, slot));
            nextId += n;
        }
    }

    /** A feed that shows records some time after they were written. */
    final class Feed implements SampleFeed {
        private final Map<Integer, Integer> positions = new HashMap<>();

        @Override
        public void open(int partition, long from) {
            positions.put(partition, (int) from);
        }

        @Override
        public void close(int partition) {
            positions.remove(partition);
        }

        @Override
        public @Nullable Fed peek(int partition) {
            Integer at = positions.get(partition);
            return at == null || at >= samples.get(partition).size()
                    ? null
                    : new Fed(at, samples.get(partition).get(at));
        }

        @Override
        public void advance(int partition) {
            positions.merge(partition, 1, Integer::sum);
        }

        @Override
        public long position(int partition) {
            return positions.getOrDefault(partition, -1);
        }

        @Override
        public long beginning(int partition) {
            return 0;
        }
    }
}
