package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.RowLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SortedMap;

/**
 * A training table at one point of the log: its rows, the log offsets that they include, and what else must be
 * known to go on from there (ids of the latest samples, sketches). It owns the memory of its rows: whoever has it closes it, once
 * nobody reads them any more.
 */
public record Snapshot(Header header, Rows rows, Extras extras) implements AutoCloseable {
    /**
     * @param sequence of the last delta that it contains
     * @param deltaOffset offset of that delta on its topic; −1 when there was none
     * @param samples distinct samples learned; the bias row counts them too, modulo 2³²
     * @param watermarks samples partition to the event time up to which it was learned
     * @param sampleOffsets samples partition to the first record that it does not include
     */
    public record Header(
            int shard,
            long sequence,
            long deltaOffset,
            long specFingerprint,
            SortedMap<Integer, Long> watermarks,
            SortedMap<Integer, Long> sampleOffsets,
            long samples,
            long duplicateSamples,
            RowLayout layout,
            long rowCount) {}

    /**
     * All rows one after the other, {@code rowCount · layout.stride()} bytes off heap. Any thread may read and close.
     */
    public static final class Rows implements AutoCloseable {
        // Freed by close, never by the collector: a serving process must not be stopped by a forced collection.
        private final Arena arena = Arena.ofShared();
        private final MemorySegment bytes;

        Rows(long byteSize) {
            bytes = arena.allocate(byteSize, Long.BYTES);
        }

        MemorySegment bytes() {
            return bytes;
        }

        @Override
        public void close() {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }

    /** Frees the rows' memory; closing again has no effect. */
    @Override
    public void close() {
        rows.close();
    }
}
