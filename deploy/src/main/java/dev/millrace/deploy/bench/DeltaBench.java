package dev.millrace.deploy.bench;

import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.learner.sync.DeltaPublisher;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.serve.ServingReplica;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How long a touched row takes to the serving table: a training shard closes deltas at a steady pace, a real broker
 * carries them, a replica in the same process applies them. Time runs from when a delta was due, so that a late one
 * counts as late.
 */
final class DeltaBench {
    private static final int ROWS_A_DELTA = 10_000;
    private static final long EVERY_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int DELTAS = 300;
    private static final int WARM_UP = 100;
    private static final int KEYS = 2_000_000;
    private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);
    private static final long SEED = 42;

    private final Path scratch;
    private final Map<Long, Long> dueNs = new ConcurrentHashMap<>();
    private final Map<Long, Double> delayMs = new ConcurrentHashMap<>();

    DeltaBench(Path scratch) {
        this.scratch = scratch;
    }

    /** p50 and p99, milliseconds. */
    record Delays(double p50, double p99) {}

    Delays run() throws IOException, InterruptedException {
        ModelSpec spec = LoadedSpec.shipped("movielens").spec();
        try (EmbeddedBroker broker = EmbeddedBroker.start(scratch.resolve("broker"))) {
            TopicAdmin.create(broker.bootstrapServers(), List.of(spec.model()), TopicAdmin.Layout.EMBEDDED);
            var config = new ServingReplica.Config(
                    broker.bootstrapServers(), scratch.resolve("rows"), scratch.resolve("snapshots"));
            try (ServingReplica replica = ServingReplica.start(config, spec, Clock.systemUTC());
                    DeltaPublisher publisher = new DeltaPublisher(broker.bootstrapServers(), spec.model(), -1)) {
                replica.onApplied(version -> {
                    Long due = dueNs.remove(version.sequence());
                    if (due != null) {
                        delayMs.put(version.sequence(), (System.nanoTime() - due) / 1e6);
                    }
                });
                publish(ShardState.empty(spec, ShardState.Id.ONLY), publisher);
                long patience = System.nanoTime() + PATIENCE_NS;
                while (!dueNs.isEmpty() && System.nanoTime() < patience) {
                    LockSupport.parkNanos(EVERY_NS);
                }
            }
        }
        if (!dueNs.isEmpty()) {
            throw new IOException(dueNs.size() + " deltas were never applied");
        }
        return delays();
    }

    private void publish(ShardState shard, DeltaPublisher publisher) throws InterruptedException {
        Random random = new Random(SEED);
        long startNs = System.nanoTime();
        for (int number = 0; number < DELTAS; number++) {
            long due = startNs + number * EVERY_NS;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            for (int i = 0; i < ROWS_A_DELTA; i++) {
                long key = KeyHash.mix(1 + random.nextInt(KEYS));
                shard.table().setFloat(shard.table().findOrInsert(key), RowLayout.Z, random.nextFloat());
                shard.touch(key);
            }
            shard.include(0, number, number + 1L);
            Delta delta = shard.closeBatch(System.currentTimeMillis());
            if (number >= WARM_UP) {
                dueNs.put(delta.header().sequence(), due);
            }
            publisher.send(delta);
        }
        publisher.flush();
    }

    private Delays delays() {
        double[] sorted =
                delayMs.values().stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return new Delays(sorted[sorted.length / 2], sorted[(int) (sorted.length * 0.99)]);
    }
}
