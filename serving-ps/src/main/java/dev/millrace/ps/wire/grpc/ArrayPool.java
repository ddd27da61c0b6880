package dev.millrace.ps.wire.grpc;

import java.util.concurrent.ArrayBlockingQueue;

/** Arrays of 4 KiB and its doublings. Keeps at most 4 MiB of each size; any thread. */
final class ArrayPool {
    static final ArrayPool SHARED = new ArrayPool();

    private static final int SMALLEST = 1 << 12;
    private static final int KEPT_BYTES = 4 << 20;
    private static final int SIZES = 11;

    @SuppressWarnings({"unchecked", "rawtypes"})
    private final ArrayBlockingQueue<byte[]>[] kept = new ArrayBlockingQueue[SIZES];

    private ArrayPool() {
        for (int i = 0; i < SIZES; i++) {
            kept[i] = new ArrayBlockingQueue<>(KEPT_BYTES / (SMALLEST << i));
        }
    }

    /** Of the smallest size that holds this many, with whatever is in it. */
    byte[] take(int bytes) {
        int size = sizeFor(bytes);
        if (size >= SIZES) {
            return new byte[bytes];
        }
        byte[] used = kept[size].poll();
        return used != null ? used : new byte[SMALLEST << size];
    }

    /** The caller must not touch it again. */
    void give(byte[] array) {
        int size = sizeFor(array.length);
        if (size < SIZES && array.length == SMALLEST << size) {
            // When enough are kept, it goes to the collector.
            kept[size].offer(array);
        }
    }

    private static int sizeFor(int bytes) {
        return bytes <= SMALLEST ? 0 : Integer.SIZE - Integer.numberOfLeadingZeros((bytes - 1) / SMALLEST);
    }
}
