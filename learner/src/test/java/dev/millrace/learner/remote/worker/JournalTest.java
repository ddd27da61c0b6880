package dev.millrace.learner.remote.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    @TempDir
    Path dir;

    private Journal open() throws IOException {
        return Journal.open(dir, 2, 1 << 20, 1 << 12);
    }

    private static List<ByteBuffer> pushes(int seed) {
        byte[] bytes = new byte[100 + seed % 50];
        new Random(seed).nextBytes(bytes);
        return List.of(ByteBuffer.wrap(bytes), ByteBuffer.wrap(new byte[] {(byte) seed}));
    }

    @Test
    void whatWasWrittenIsThereAfterARestart() throws IOException {
        try (Journal journal = open()) {
            for (int i = 0; i < 100; i++) {
                journal.append(i % 2, i / 2, i / 2 + 1, pushes(i));
            }
        }
        try (Journal journal = open()) {
            assertEquals(100, journal.end());
            assertEquals(50, journal.end(0));
            for (int i = 0; i < 100; i++) {
                Journal.Entry entry = Objects.requireNonNull(journal.at(i));
                assertEquals(i % 2, entry.partition());
                assertEquals(pushes(i).get(0), journal.push(entry, 0));
                assertEquals(pushes(i).get(1), journal.push(entry, 1));
            }
        }
        try (Stream<Path> files = Files.list(dir)) {
            assertTrue(files.count() > 1);
        }
    }

    /** Cut at every byte: what is whole stays, the rest was sent to nobody. */
    @Test
    void aTornEndIsCutOff() throws IOException {
        Path file = dir.resolve("pushes-0000000000");
        long first;
        try (Journal journal = open()) {
            journal.append(0, 0, 5, pushes(1));
            first = Files.size(file);
            journal.append(0, 5, 9, pushes(2));
        }
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length += 7) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            try (Journal journal = open()) {
                assertEquals(length < first ? -1 : 5, journal.end(0), "cut at " + length);
                Journal.Entry again = journal.append(0, Math.max(0, journal.end(0)), 9, pushes(3));
                assertEquals(pushes(3).get(0), journal.push(again, 0));
            }
        }
    }

    @Test
    void aFlippedByteEndsTheJournalThere() throws IOException {
        try (Journal journal = open()) {
            journal.append(0, 0, 5, pushes(1));
            journal.append(0, 5, 9, pushes(2));
        }
        try (FileChannel file = FileChannel.open(dir.resolve("pushes-0000000000"), StandardOpenOption.WRITE)) {
            assertEquals(1, file.write(ByteBuffer.wrap(new byte[] {77}), file.size() - 20));
        }
        try (Journal journal = open()) {
            assertEquals(5, journal.end(0));
        }
    }

    @Test
    void samplesReadAgainReplaceWhatWasThere() throws IOException {
        try (Journal journal = open()) {
            journal.append(0, 0, 5, pushes(1));
            journal.append(1, 0, 3, pushes(2));
            journal.append(0, 5, 9, pushes(3));
            journal.append(0, 9, 12, pushes(4));
            // From a boundary: what leads there stays.
            journal.append(0, 5, 7, pushes(5));
            assertTrue(journal.leadsFrom(0, 0));
            assertTrue(journal.leadsFrom(0, 7));
            assertFalse(journal.leadsFrom(0, 9));
            assertEquals(7, journal.end(0));
            assertEquals(4, journal.sequenceOf(0, 5));
            // From within an entry: nothing leads there.
            journal.append(0, 6, 8, pushes(6));
            assertFalse(journal.leadsFrom(0, 0));
            assertTrue(journal.leadsFrom(0, 6));
            assertTrue(journal.leadsFrom(1, 0));
        }
        try (Journal journal = open()) {
            assertFalse(journal.leadsFrom(0, 0));
            assertTrue(journal.leadsFrom(0, 6));
            assertEquals(8, journal.end(0));
        }
    }

    @Test
    void theOldestFilesGo() throws IOException {
        try (Journal journal = Journal.open(dir, 2, 8_000, 2_000)) {
            for (int i = 0; i < 1_000; i++) {
                journal.append(0, i, i + 1, pushes(i));
            }
            assertFalse(journal.leadsFrom(0, 0));
            assertTrue(journal.leadsFrom(0, 990));
            assertNotNull(journal.at(0));
            assertNull(journal.at(1_000));
        }
        try (Stream<Path> files = Files.list(dir)) {
            assertTrue(files.mapToLong(f -> f.toFile().length()).sum() <= 12_000);
        }
    }

    @Test
    void aJournalForAnotherNumberOfShardsIsRefused() throws IOException {
        try (Journal journal = open()) {
            journal.append(0, 0, 5, pushes(1));
        }
        assertThrows(IllegalStateException.class, () -> Journal.open(dir, 3, 1 << 20, 1 << 12));
    }
}
