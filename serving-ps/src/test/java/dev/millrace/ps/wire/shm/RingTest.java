package dev.millrace.ps.wire.shm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RingTest {
    private static final int CAPACITY = 1 << 12;

    @TempDir
    Path folder;

    /** Two threads, two mappings of the file: what the processes have. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everyByteArrivesInOrderOnce(long seed) throws Exception {
        long bytes = 3_000_000;
        try (RingFile made = RingFile.create(CAPACITY, folder);
                RingFile mapped = RingFile.open(made.path(), CAPACITY)) {
            made.deleteName();
            CompletableFuture<Void> writing =
                    CompletableFuture.runAsync(() -> write(mapped.requests(), bytes, new SplittableRandom(seed)));
            read(made.requests(), bytes, new SplittableRandom(~seed));
            writing.get(10, TimeUnit.SECONDS);
            assertTrue(made.requests().isEmpty());
        }
    }

    private static void write(Ring ring, long bytes, SplittableRandom random) {
        ByteBuffer part = ByteBuffer.allocateDirect(2 * CAPACITY);
        long sent = 0;
        try {
            while (sent < bytes) {
                part.clear().limit((int) Math.min(random.nextInt(1, part.capacity()), bytes - sent));
                while (part.hasRemaining()) {
                    part.put(pattern(sent++));
                }
                part.flip();
                while (part.hasRemaining()) {
                    if (ring.write(part) == 0) {
                        Thread.onSpinWait();
                    }
                }
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void read(Ring ring, long bytes, SplittableRandom random) throws IOException {
        ByteBuffer part = ByteBuffer.allocateDirect(2 * CAPACITY);
        long got = 0;
        while (got < bytes) {
            part.clear();
            if (ring.read(part, random.nextInt(1, 2 * CAPACITY)) == 0) {
                Thread.onSpinWait();
            }
            part.flip();
            while (part.hasRemaining()) {
                assertEquals(pattern(got++), part.get());
            }
        }
    }

    private static byte pattern(long at) {
        return (byte) ((at * 0x9E3779B97F4A7C15L) >>> 56);
    }

    @Test
    void fullRingTakesNothingUntilItIsRead() throws IOException {
        try (RingFile file = RingFile.create(CAPACITY, folder)) {
            file.deleteName();
            Ring ring = file.replies();
            ByteBuffer more = ByteBuffer.allocateDirect(CAPACITY + 10);
            assertEquals(CAPACITY, ring.write(more));
            assertEquals(0, ring.write(more));
            assertTrue(ring.isFull());
            assertEquals(7, ring.read(ByteBuffer.allocateDirect(7), 100));
            assertEquals(7, ring.write(more));
            assertEquals(3, more.remaining());
        }
    }

    @Test
    void counterThatTheOtherSideBrokeIsRefused() throws IOException {
        try (RingFile file = RingFile.create(CAPACITY, folder)) {
            try (FileChannel damage = FileChannel.open(file.path(), StandardOpenOption.WRITE)) {
                damage.write(ByteBuffer.allocate(8).putLong(0, -1), 128);
            }
            file.deleteName();
            assertThrows(IOException.class, () -> file.requests().read(ByteBuffer.allocateDirect(8), 8));
        }
    }

    @Test
    void fileOfAnotherKindIsRefused() throws IOException {
        Path other = Files.write(folder.resolve("other"), new byte[4096 + 2 * CAPACITY]);
        assertThrows(IOException.class, () -> RingFile.open(other, CAPACITY));
        assertThrows(IOException.class, () -> RingFile.open(other, 2 * CAPACITY));
    }

    @Test
    void sleeperIsWokenOnceAndOnlyForItsReason() throws IOException {
        try (RingFile file = RingFile.create(CAPACITY, folder)) {
            file.deleteName();
            file.sleep(true, 1);
            assertFalse(file.mustWake(true, 2));
            assertFalse(file.mustWake(false, 1));
            assertTrue(file.mustWake(true, 1));
            assertFalse(file.mustWake(true, 1));
        }
    }
}
