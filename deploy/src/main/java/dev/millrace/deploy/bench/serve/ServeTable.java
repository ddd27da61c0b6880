package dev.millrace.deploy.bench.serve;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.sync.DeltaPublisher;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/** Puts a world's weights on the deltas topic: a row for each feature that its requests meet, and others up to a number. */
final class ServeTable {
    private static final int ROWS_A_DELTA = 200_000;
    /** Some batches of a learner. */
    private static final int ROWS_OF_A_LEARNER = 10_000;

    private static final double DELTAS_A_SECOND = 40;
    /** Deltas that the replica misses. */
    private static final long UNSEEN = 100;

    private static final long SEED = 7;

    private final ServeWorld world;
    private final ModelSpec spec;
    private final Vectorizer vectorizer;
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final LongOpenHashSet keys;
    private long sequence;
    private long rows;

    /** @param requests whose features all have rows */
    ServeTable(ServeWorld world, ModelSpec spec, int requests, int candidates) {
        this.world = world;
        this.spec = spec;
        vectorizer = new Vectorizer(spec);
        keys = keys(requests, candidates);
    }

    /**
     * @param least rows in all
     * @return rows that were sent
     */
    long publish(String bootstrapServers, long least) throws InterruptedException {
        rows = Math.max(least, keys.size());
        publish(bootstrapServers, ROWS_A_DELTA, 0);
        return rows;
    }

    /**
     * The learner's snapshot of other weights for every row, made while the replica saw nothing of it.
     *
     * @return what makes the replica miss deltas, so that it takes the snapshot: to be sent
     */
    Delta writeSnapshot(Path folder) throws IOException {
        OffHeapTable training = new OffHeapTable(RowLayout.TRAINING, rows);
        training.reserve(rows);
        forEachKey(key -> training.setFloat(training.findOrInsert(key), RowLayout.Z, (float) random.nextDouble()));
        long offset = sequence - 1;
        sequence += UNSEEN;
        var header = new Snapshot.Header(
                0,
                sequence,
                offset,
                spec.fingerprint(),
                new TreeMap<>(Map.of(0, System.currentTimeMillis())),
                new TreeMap<>(Map.of(0, sequence)),
                sequence,
                0,
                RowLayout.TRAINING,
                rows);
        try (Snapshot snapshot = new Snapshot(header, SnapshotTables.copyRows(training), Extras.NONE)) {
            new SnapshotFolder(folder, 1).write(snapshot);
        }
        return delta(new long[] {FeatureIds.BIAS}, 1);
    }

    private void forEachKey(LongConsumer each) {
        var real = keys.iterator();
        for (long row = 0; row < rows; row++) {
            each.accept(real.hasNext() ? real.nextLong() : KeyHash.mix(1 + row));
        }
    }

    /** @return the sequence of the last delta */
    long publishAgain(String bootstrapServers) throws InterruptedException {
        publish(bootstrapServers, ROWS_OF_A_LEARNER, 1e9 / DELTAS_A_SECOND);
        return sequence;
    }

    private void publish(String bootstrapServers, int rowsADelta, double everyNs) throws InterruptedException {
        try (DeltaPublisher publisher = new DeltaPublisher(bootstrapServers, spec.model(), -1)) {
            long[] chunk = new long[rowsADelta];
            int filled = 0;
            long startNs = System.nanoTime();
            long first = sequence;
            var real = keys.iterator();
            for (long row = 0; row < rows; row++) {
                chunk[filled++] = real.hasNext() ? real.nextLong() : KeyHash.mix(1 + row);
                if (filled == rowsADelta || row == rows - 1) {
                    long due = startNs + (long) ((sequence - first) * everyNs);
                    while (System.nanoTime() < due) {
                        LockSupport.parkNanos(due - System.nanoTime());
                    }
                    publisher.send(delta(chunk, filled));
                    filled = 0;
                }
            }
            publisher.flush();
        }
    }

    private Delta delta(long[] keys, int count) {
        float[] weights = new float[count];
        for (int i = 0; i < count; i++) {
            weights[i] = (float) (random.nextDouble() - 0.5) / 4;
        }
        long nowMs = System.currentTimeMillis();
        sequence++;
        TreeMap<Integer, Delta.Range> ranges = new TreeMap<>(Map.of(0, new Delta.Range(sequence - 1, sequence)));
        var header = new Delta.Header(0, sequence, spec.fingerprint(), nowMs, nowMs, ranges, sequence, 0, 0);
        return new Delta(header, java.util.Arrays.copyOf(keys, count), weights);
    }

    /** What the requests look up. */
    private LongOpenHashSet keys(int requests, int candidates) {
        LongOpenHashSet keys = new LongOpenHashSet();
        Vectorizer.Request hashed = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        for (int n = 0; n < requests; n++) {
            int user = world.userOf(n);
            vectorizer.request(request(world, user), hashed, vector);
            int shared = vector.size();
            for (int i : world.candidates(n, candidates)) {
                vector.truncate(shared);
                vectorizer.item(item(world, i), hashed, vector);
                checkSize(shared, vector.size());
                for (int f = 0; f < vector.size(); f++) {
                    keys.add(vector.id(f));
                }
            }
        }
        keys.remove(FeatureIds.NONE);
        return keys;
    }

    private static void checkSize(int shared, int all) {
        if (shared != ServeWorld.SHARED || all != ServeWorld.FEATURES) {
            throw new IllegalStateException("a candidate has " + all + " features, " + shared + " of them shared");
        }
    }

    static RawFeatures request(ServeWorld world, int user) {
        return with(List.of(world.userProfile(user), world.context(user)), "user.id", world.user(user));
    }

    static RawFeatures item(ServeWorld world, int item) {
        return with(List.of(world.itemProfile(item)), "item.id", world.item(item));
    }

    private static RawFeatures with(List<RawFeatures> parts, String name, String id) {
        Map<String, FeatureValue> all = new LinkedHashMap<>();
        new ArrayList<>(parts).forEach(part -> all.putAll(part.asMap()));
        all.put(name, new FeatureValue.Text(id));
        return RawFeatures.of(all);
    }
}
