package dev.millrace.ps.wire.lane;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Direct little-endian buffers of 64 KiB and its doublings. Keeps at most 8 MiB of each size; any thread. */
final class BufferPool {
    static final int SMALLEST = 1 << 16;
    static final BufferPool SHARED = new BufferPool();

    private static final int KEPT_BYTES = 8 << 20;
    private static final int SIZES = 8;

    @SuppressWarnings({"unchecked", "rawtypes"})
    private final ArrayBlockingQueue<ByteBuffer>[] kept = new ArrayBlockingQueue[SIZES];

    private BufferPool() {
        for (int i = 0; i < SIZES; i++) {
            kept[i] = new ArrayBlockingQueue<>(KEPT_BYTES / (SMALLEST << i));
        }
    }

    /** @return cleared, of the smallest size that holds this many */
    ByteBuffer take(int bytes) {
        int size = sizeFor(bytes);
        @Nullable ByteBuffer used = size < SIZES ? kept[size].poll() : null;
        if (used != null) {
            return used.clear();
        }
        long capacity = (long) SMALLEST << size;
        return ByteBuffer.allocateDirect((int) Math.min(capacity, Integer.MAX_VALUE))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The caller must not touch it again. */
    void give(ByteBuffer buffer) {
        int size = sizeFor(buffer.capacity());
        if (size < SIZES) {
            // When enough are kept, it goes to the collector.
            kept[size].offer(buffer);
        }
    }

    private static int sizeFor(int bytes) {
        return bytes <= SMALLEST ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros((bytes - 1) / SMALLEST);
    }
}
