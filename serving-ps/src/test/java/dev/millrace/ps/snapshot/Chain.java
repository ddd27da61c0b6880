package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** A table that learns, seeded, and whose snapshots are taken; what it was at each of them is remembered. */
final class Chain implements AutoCloseable {
    static final long MAX_ROWS = 1_000_000;
    static final SnapshotWriter.Config CONFIG = new SnapshotWriter.Config(16, 100, 1 << 10, 4);

    final ParameterTable table = new OffHeapTable(RowLayout.TRAINING, MAX_ROWS);
    final SnapshotWriter writer;
    final SortedMap<Long, Map<Long, String>> was = new TreeMap<>();
    private final Random random;

    Chain(SnapshotStore store, SnapshotWriter.Config config, long seed) {
        writer = new SnapshotWriter(store, config, "snapshots");
        random = new Random(seed);
    }

    /** Some rows come, some change, a few go. */
    void learn(int changes, int keys) {
        for (int i = 0; i < changes; i++) {
            long key = 1L + random.nextInt(keys);
            if (random.nextInt(10) == 0) {
                table.remove(key);
            } else {
                long row = table.findOrInsert(key);
                table.setFloat(row, RowLayout.Z, random.nextFloat());
                table.setLong(row, RowLayout.ID_SUM, random.nextLong());
            }
        }
    }

    static Snapshot.Header header(long sequence, ParameterTable table) {
        return new Snapshot.Header(
                0,
                sequence,
                -1,
                0xFEEDL,
                new TreeMap<>(Map.of(0, 99L, 3, -5L)),
                new TreeMap<>(Map.of(0, 7L, 3, sequence)),
                11,
                3,
                table.layout(),
                table.size());
    }

    static Extras extras(long sequence) {
        return Extras.NONE
                .withLongs(Extras.RECENT_IDS, new long[] {5, 6, sequence})
                .with("sketch", new byte[] {1, 2});
    }

    void begin(long sequence) {
        writer.begin(
                header(sequence, table), CompletableFuture.completedFuture(sequence + 10), extras(sequence), table);
        was.put(sequence, rows(table));
    }

    Published snapshot(long sequence) throws InterruptedException {
        begin(sequence);
        return Objects.requireNonNull(writer.complete());
    }

    /** Bytes by key. */
    static Map<Long, String> rows(ParameterTable table) {
        Map<Long, String> rows = new TreeMap<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(table.layout().stride());
            table.forEachRow(row -> {
                table.copyRow(row, bytes, 0);
                rows.put(table.key(row), HexFormat.of().formatHex(bytes.toArray(ValueLayout.JAVA_BYTE)));
            });
        }
        return rows;
    }

    @Override
    public void close() {
        writer.close();
    }
}
