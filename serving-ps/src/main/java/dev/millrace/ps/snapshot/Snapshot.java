package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SortedMap;

/**
 * A training table at one point of the log: its rows, the log offsets that they include, and what else must be known to
 * go on from there (ids of the latest samples, sketches). The rows are in memory, or stand in a store, as a full member
 * and the increments after it. Whoever has it closes it, once nobody reads the rows any more.
 */
public final class Snapshot implements AutoCloseable {
    private final Header header;
    private final Extras extras;
    private final List<RowPart> parts;
    private final long peakRows;

    /** Of rows in memory, which it owns. */
    public Snapshot(Header header, Rows rows, Extras extras) {
        this(header, List.of(rows), extras, header.rowCount());
    }

    /**
     * @param parts oldest first: all rows, then what changed
     * @param peakRows most rows that the table had at the end of any part
     */
    Snapshot(Header header, List<? extends RowPart> parts, Extras extras, long peakRows) {
        this.header = header;
        this.parts = List.copyOf(parts);
        this.extras = extras;
        this.peakRows = peakRows;
    }

    public Header header() {
        return header;
    }

    public Extras extras() {
        return extras;
    }

    List<RowPart> parts() {
        return parts;
    }

    long peakRows() {
        return peakRows;
    }

    /** Frees memory and files; closing again has no effect. */
    @Override
    public void close() {
        parts.forEach(RowPart::close);
    }

    /**
     * @param sequence of the last delta that it contains
     * @param deltaOffset offset of that delta on its topic; −1 when there was none
     * @param samples distinct samples learned; the bias row counts them too, modulo 2³²
     * @param watermarks samples partition to the event time up to which it was learned
     * @param sampleOffsets samples partition to the first record that it does not include
     * @param rowCount rows of the whole table, whatever this part of it holds
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
            long rowCount) {
        public Header withDeltaOffset(long offset) {
            return new Header(
                    shard,
                    sequence,
                    offset,
                    specFingerprint,
                    watermarks,
                    sampleOffsets,
                    samples,
                    duplicateSamples,
                    layout,
                    rowCount);
        }
    }

    /**
     * All rows one after the other, {@code rowCount · layout.stride()} bytes off heap. Any thread may read and close.
     */
    public static final class Rows implements RowPart {
        private static final int CHUNK_ROWS = 1 << 15;

        // Freed by close, never by the collector: a serving process must not be stopped by a forced collection.
        private final Arena arena = Arena.ofShared();
        private final MemorySegment bytes;
        private final int stride;

        Rows(RowLayout layout, long rowCount) {
            stride = layout.stride();
            bytes = arena.allocate(rowCount * stride, Long.BYTES);
        }

        MemorySegment bytes() {
            return bytes;
        }

        @Override
        public int chunks() {
            long chunkBytes = (long) CHUNK_ROWS * stride;
            return Math.toIntExact((bytes.byteSize() + chunkBytes - 1) / chunkBytes);
        }

        @Override
        public int chunkBytes(int chunk) {
            long chunkBytes = (long) CHUNK_ROWS * stride;
            return (int) Math.min(chunkBytes, bytes.byteSize() - chunk * chunkBytes);
        }

        @Override
        public void read(int chunk, MemorySegment target) throws IOException {
            MemorySegment.copy(bytes, (long) chunk * CHUNK_ROWS * stride, target, 0, chunkBytes(chunk));
        }

        @Override
        public long[] removed() {
            return new long[0];
        }

        @Override
        public void close() {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }
}
