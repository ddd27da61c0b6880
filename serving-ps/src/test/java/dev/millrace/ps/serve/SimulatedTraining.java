package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.model.ServedRows;
import dev.millrace.ps.parity.ParityDigest;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.ShardFolders;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** One shard of a training table whose rows change at random, and what it served after each of its deltas. */
final class SimulatedTraining {
    private final ModelSpec spec;
    private final int shard;
    private final int shards;
    private final Random random;
    private final long[] keys;
    private final ServedRows rows;
    private final ParameterTable table = new OffHeapTable(RowLayout.TRAINING, 100_000);
    /** By sequence, from 0: key to weight, rows of weight 0 left out. */
    private final List<Map<Long, Float>> history = new CopyOnWriteArrayList<>(List.of(Map.of()));

    /** @param keyCount of all shards together; the rows of standardized slots besides */
    SimulatedTraining(ModelSpec spec, int shard, int shards, Random random, int keyCount) {
        this.spec = spec;
        this.shard = shard;
        this.shards = shards;
        this.random = random;
        this.rows = new ServedRows(spec);
        List<Long> mine = new ArrayList<>();
        for (long key = 1; key <= keyCount; key++) {
            mine.add(FeatureIds.pack((int) (key % 7), key * 77_777));
        }
        spec.slots().stream()
                .filter(s -> s.standardize())
                .forEach(s -> mine.add(FeatureIds.pack(FeatureIds.slot(s.name()), Vectorizer.NUMBER_MEAN)));
        keys = mine.stream()
                .mapToLong(Long::longValue)
                .filter(key -> key != 0 && KeyHash.shardOf(key, shards) == shard)
                .toArray();
    }

    long sequence() {
        return history.size() - 1L;
    }

    Map<Long, Float> at(long sequence) {
        return history.get((int) sequence);
    }

    /** Changes some rows, removes some, and tells. */
    Delta next(int changes) {
        Map<Long, Float> sent = new TreeMap<>();
        FtrlRows.Sink sink = sent::put;
        for (int i = 0; i < changes && keys.length > 0; i++) {
            long key = keys[random.nextInt(keys.length)];
            if (random.nextInt(10) == 0) {
                table.remove(key);
                rows.gone(key, sink);
            } else {
                long row = table.findOrInsert(key);
                table.setFloat(row, RowLayout.Z, (float) random.nextGaussian() * 9);
                table.setFloat(row, RowLayout.N, random.nextFloat() * 9);
                table.setInt(row, RowLayout.UPDATES, 2 + random.nextInt(100));
                rows.serve(table, row, sink);
            }
        }
        history.add(served());
        long sequence = sequence();
        var ranges = new TreeMap<>(Map.of(0, new Delta.Range(sequence - 1, sequence)));
        var header = new Delta.Header(
                shard,
                shards,
                0,
                sequence,
                spec.fingerprint(),
                4_000,
                3_000,
                ranges,
                sequence,
                7 * sequence,
                0,
                spec.policies().weights(),
                ParityDigest.ofTraining(table, rows, sequence));
        float[] weights = new float[sent.size()];
        int[] at = {0};
        sent.values().forEach(weight -> weights[at[0]++] = weight);
        return new Delta(
                header, sent.keySet().stream().mapToLong(Long::longValue).toArray(), weights);
    }

    private Map<Long, Float> served() {
        Map<Long, Float> served = new HashMap<>();
        table.forEachRow(row -> rows.serveAgain(table, row, (key, weight) -> {
            if (weight != 0) {
                served.put(key, weight);
            }
        }));
        return served;
    }

    /** @param deltaOffset of the last delta */
    void writeSnapshot(Path snapshots, long deltaOffset) throws IOException {
        var header = new Snapshot.Header(
                shard,
                sequence(),
                deltaOffset,
                spec.fingerprint(),
                new TreeMap<>(Map.of(0, 3_000L)),
                new TreeMap<>(Map.of(0, sequence())),
                sequence(),
                0,
                RowLayout.TRAINING,
                table.size());
        try (Snapshot snapshot = new Snapshot(header, SnapshotTables.copyRows(table), Extras.NONE)) {
            new SnapshotFolder(ShardFolders.of(snapshots, shard, shards), 2).write(snapshot);
        }
    }
}
