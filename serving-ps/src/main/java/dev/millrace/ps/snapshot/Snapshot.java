package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.RowLayout;
import java.lang.foreign.MemorySegment;
import java.util.SortedMap;

/**
 * A training table at one point of the log: its rows, the log offsets that they include, and the ids of the latest
 * samples, so that what is sent again is recognized.
 *
 * @param rows all rows one after the other, {@code rowCount · layout.stride()} bytes
 * @param recentSampleIds oldest first
 */
@SuppressWarnings("ArrayRecordComponent") // carried to and from a file, never compared
public record Snapshot(Header header, MemorySegment rows, long[] recentSampleIds) {
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
}
