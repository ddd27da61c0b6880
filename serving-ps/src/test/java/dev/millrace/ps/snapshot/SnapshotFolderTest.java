package dev.millrace.ps.snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotFolderTest extends SnapshotStoreContract {
    private static final Extras EXTRAS =
            Extras.NONE.withLongs(Extras.RECENT_IDS, new long[] {5, 6, 7}).with("sketch", new byte[] {1, 2, 3});

    @TempDir
    Path dir;

    @Override
    int damages() {
        return 40;
    }

    @Override
    SnapshotStore store(int keep) {
        return new SnapshotFolder(dir, keep);
    }

    @Override
    Blobs blobs() {
        return new FolderBlobs(dir);
    }

    @Override
    void overwrite(String name, byte[] bytes) throws IOException {
        Files.write(dir.resolve(name), bytes);
    }

    static Snapshot snapshot(long sequence, int rows) {
        ParameterTable table = new OffHeapTable(RowLayout.TRAINING, 1_000);
        for (int i = 1; i <= rows; i++) {
            long row = table.findOrInsert(i);
            table.setFloat(row, RowLayout.Z, i * 0.5f);
            table.setLong(row, RowLayout.ID_SUM, -i);
        }
        var header = new Snapshot.Header(
                0,
                sequence,
                sequence + 10,
                0xFEEDL,
                new TreeMap<>(Map.of(0, 99L)),
                new TreeMap<>(Map.of(0, 7L)),
                rows,
                3,
                RowLayout.TRAINING,
                rows);
        return new Snapshot(header, SnapshotTables.copyRows(table), EXTRAS);
    }

    private Snapshot newest() throws IOException {
        return new SnapshotFolder(dir, 2).newest().orElseThrow();
    }

    @Test
    void aClosedSnapshotHasFreedItsRows() throws IOException {
        Snapshot snapshot = snapshot(4, 1);
        new SnapshotFolder(dir, 2).write(snapshot);
        snapshot.close();
        snapshot.close();
        assertThrows(IllegalStateException.class, () -> SnapshotTables.restore(snapshot, 10));
    }

    /** In a serving process, memory that waits for the collector would end in a forced collection. */
    @Test
    void writingAndReadingKeepNoNativeMemory() throws IOException {
        BufferPoolMXBean direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .findFirst()
                .orElseThrow();
        ParameterTable table = new OffHeapTable(RowLayout.TRAINING, 200_000);
        for (int key = 1; key <= 200_000; key++) {
            table.findOrInsert(key);
        }
        SnapshotFolder folder = new SnapshotFolder(dir, 2);
        long before = direct.getMemoryUsed();
        for (int sequence = 1; sequence <= 3; sequence++) {
            Snapshot.Header header = snapshot(sequence, 0).header();
            var many = new Snapshot.Header(
                    0,
                    sequence,
                    0,
                    0,
                    header.watermarks(),
                    header.sampleOffsets(),
                    0,
                    0,
                    RowLayout.TRAINING,
                    table.size());
            try (Snapshot written = new Snapshot(many, SnapshotTables.copyRows(table), EXTRAS)) {
                folder.write(written);
            }
            try (Snapshot read = newest()) {
                assertEquals(200_000, read.header().rowCount());
            }
        }
        assertTrue(direct.getMemoryUsed() - before < 1 << 20, () -> "kept " + (direct.getMemoryUsed() - before));
        assertEquals(200_000, table.size());
    }

    @Test
    void readsTheCommittedFixtureOfVersion1() throws IOException {
        try (InputStream file = Objects.requireNonNull(getClass().getResourceAsStream("snapshot-v1.mrs"))) {
            Files.write(dir.resolve("snapshot-0000000000000000004.mrs"), file.readAllBytes());
        }
        Snapshot read = newest();
        assertEquals(snapshot(4, 3).header(), read.header());
        assertArrayEquals(new long[] {5, 6, 7}, read.extras().longs(Extras.RECENT_IDS));
        assertEquals(
                1.5f,
                SnapshotTables.restore(read, 10)
                        .getFloat(SnapshotTables.restore(read, 10).find(3), RowLayout.Z));
    }

    /** A full member of 1–4, then 1 went, 3 changed and 9 came. */
    @Test
    void readsTheCommittedFixtureOfVersion2() throws IOException, URISyntaxException {
        Path fossil =
                Path.of(Objects.requireNonNull(getClass().getResource("v2")).toURI());
        try (Stream<Path> files = Files.list(fossil)) {
            for (Path file : files.toList()) {
                Files.copy(file, dir.resolve(file.getFileName()));
            }
        }
        try (Snapshot read = newest()) {
            assertEquals(5, read.header().sequence());
            assertEquals(15, read.header().deltaOffset());
            assertEquals(2, read.header().shard());
            assertEquals(Map.of(0, 7L), read.header().sampleOffsets());
            assertEquals(Map.of(0, 99L), read.header().watermarks());
            assertArrayEquals(new long[] {8}, read.extras().longs(Extras.RECENT_IDS));
            assertArrayEquals(
                    new byte[] {1, 2, 3}, read.extras().bytes("sketch").orElseThrow());
            ParameterTable table = SnapshotTables.restore(read, 10);
            assertEquals(Set.of(2L, 3L, 4L, 9L), Chain.rows(table).keySet());
            assertEquals(30f, table.getFloat(table.find(3), RowLayout.Z));
            assertEquals(-4, table.getLong(table.find(4), RowLayout.ID_SUM));
        }
    }
}
