package dev.millrace.ps.wire.lane;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/** A pooled buffer that frames were read into; it goes back when its connection and all of their bodies let go of it. */
final class Chunk {
    final ByteBuffer bytes;
    private final AtomicInteger holders = new AtomicInteger(1);

    Chunk(int bytes) {
        this.bytes = BufferPool.SHARED.take(bytes);
    }

    void hold() {
        holders.incrementAndGet();
    }

    /** Once for the maker and once for each {@link #hold}. */
    void release() {
        if (holders.decrementAndGet() == 0) {
            BufferPool.SHARED.give(bytes);
        }
    }

    /** For the maker: whether nobody else holds it. */
    boolean isMineAlone() {
        return holders.get() == 1;
    }
}
