package dev.millrace.ps.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotWriterTest {
    private static final long SEED = 77;

    @TempDir
    Path dir;

    private Snapshot newest() throws IOException {
        return new SnapshotFolder(dir, 9).newest().orElseThrow();
    }

    private void assertNewestIs(Chain chain, long sequence) throws IOException {
        try (Snapshot snapshot = newest()) {
            assertEquals(sequence, snapshot.header().sequence());
            assertEquals(chain.was.get(sequence), Chain.rows(SnapshotTables.restore(snapshot, Chain.MAX_ROWS)));
        }
    }

    /** Rows come, change, go and move (the table grows) between the slices. */
    @Test
    void isWhatTheTableWasWhenItBeganWhateverIsLearnedMeanwhile() throws IOException, InterruptedException {
        Random random = new Random(SEED);
        try (Chain chain = new Chain(new SnapshotFolder(dir, 2), Chain.CONFIG, SEED)) {
            int keys = 20_000;
            chain.learn(30_000, keys);
            for (long sequence = 1; sequence <= 12; sequence++) {
                chain.begin(sequence);
                assertFalse(chain.writer.idle());
                do {
                    chain.learn(random.nextInt(1000), keys);
                } while (!chain.writer.advance(1));
                chain.writer.complete();
                assertNewestIs(chain, sequence);
                keys += random.nextInt(20_000);
            }
        }
    }

    @Test
    void oneAtATime() {
        try (Chain chain = new Chain(new SnapshotFolder(dir, 2), Chain.CONFIG, SEED)) {
            chain.learn(1000, 1000);
            chain.begin(1);
            assertThrows(IllegalStateException.class, () -> chain.begin(2));
        }
    }

    @Test
    void isPublishedOnlyOnceItsDeltaIsAcknowledged() throws IOException, InterruptedException {
        var acknowledged = new CompletableFuture<Long>();
        try (Chain chain = new Chain(new SnapshotFolder(dir, 2), Chain.CONFIG, SEED)) {
            chain.writer.begin(Chain.header(5, chain.table), acknowledged, Extras.NONE, chain.table);
            assertTrue(chain.writer.advance(Long.MAX_VALUE));
            assertFalse(chain.writer.idle());
            assertTrue(new SnapshotFolder(dir, 2).newest().isEmpty());
            acknowledged.complete(123L);
            chain.writer.complete();
            try (Snapshot snapshot = newest()) {
                assertEquals(123, snapshot.header().deltaOffset());
            }
        }
    }

    @Test
    void aDeltaThatIsNeverAcknowledgedFailsItAndTheNextOneIsFull() throws IOException, InterruptedException {
        try (Chain chain = new Chain(new SnapshotFolder(dir, 2), Chain.CONFIG, SEED)) {
            chain.learn(1000, 1000);
            chain.snapshot(1);
            chain.learn(10, 1000);
            chain.writer.begin(
                    Chain.header(2, chain.table),
                    CompletableFuture.failedFuture(new IOException("no broker")),
                    Extras.NONE,
                    chain.table);
            assertNull(chain.writer.complete());
            assertNewestIs(chain, 1);
            assertEquals(0, chain.snapshot(3).increments());
            assertNewestIs(chain, 3);
        }
    }

    @Test
    void learningGoesOnOverAPlaceThatFails() throws IOException, InterruptedException {
        Path file = Files.writeString(dir.resolve("file"), "no folder");
        try (Chain chain = new Chain(new SnapshotFolder(file.resolve("below"), 2), Chain.CONFIG, SEED)) {
            chain.learn(50_000, 50_000);
            chain.begin(1);
            assertNull(chain.writer.complete());
            assertTrue(chain.writer.idle());
            Files.delete(file);
            chain.learn(100, 50_000);
            assertNotNull(chain.snapshot(2));
        }
    }

    /** A file system of its own, as large as one snapshot and a half. */
    @Test
    void aFullDiskFailsOneSnapshotAndTheNextSucceedsOnceThereIsRoom() throws IOException, InterruptedException {
        Path small = Files.createDirectories(dir.resolve("small"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", small.toString()),
                "mounting needs the rights of the system's administrator");
        try (Chain chain = new Chain(new SnapshotFolder(small, 1), Chain.CONFIG, SEED)) {
            for (long key = 1; key <= 31_000; key++) {
                chain.table.findOrInsert(key);
            }
            chain.snapshot(1);
            var other = new Chain(new SnapshotFolder(small, 1), Chain.CONFIG, SEED);
            try (other) {
                other.learn(40_000, 30_000);
                other.begin(2);
                do {
                    other.learn(10, 1000);
                } while (!other.writer.advance(1));
                assertNull(other.writer.complete());
                assertEquals(List.of(1L, 1L), sequences(small));
                try (Snapshot before = new SnapshotFolder(small, 1).newest().orElseThrow()) {
                    assertEquals(1, before.header().sequence());
                    assertEquals(chain.was.get(1L), Chain.rows(SnapshotTables.restore(before, Chain.MAX_ROWS)));
                }
                assertTrue(run("mount", "-o", "remount,size=8m", small.toString()));
                other.snapshot(3);
                try (Snapshot after = new SnapshotFolder(small, 1).newest().orElseThrow()) {
                    assertEquals(other.was.get(3L), Chain.rows(SnapshotTables.restore(after, Chain.MAX_ROWS)));
                }
            }
        } finally {
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> run("umount", small.toString()));
        }
    }

    private static List<Long> sequences(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file ->
                            Names.sequence(file.getFileName().toString()).orElse(-1))
                    .toList();
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
