package dev.millrace.learner.remote.protocol;

import java.nio.ByteBuffer;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a shard is, flat: i64 incarnation · epoch · sequence · published · rows · samples · idSum · duplicates · refused ·
 * refusedRows · openRows · i32 n · { i32 partition · i64 applied }.
 *
 * @param epoch of its owner
 * @param sequence of its last delta
 * @param published of the last delta that the log has acknowledged
 * @param samples distinct samples learned
 * @param sampleIdSum wrapping sum of their ids; 0 in a shard without the bias row
 * @param refused samples and records that could not be learned
 * @param refusedRows rows and gradients that were not finite
 * @param openRows rows that changed and are in no delta yet
 * @param applied partition of the samples to the first record that its rows do not include
 */
public record ShardStatus(
        long incarnation,
        long epoch,
        long sequence,
        long published,
        long rows,
        long samples,
        long sampleIdSum,
        long duplicates,
        long refused,
        long refusedRows,
        long openRows,
        SortedMap<Integer, Long> applied) {
    private static final int LONGS = 11;
    private static final int PER_PARTITION = Integer.BYTES + Long.BYTES;

    public int bytes() {
        return LONGS * Long.BYTES + Integer.BYTES + applied.size() * PER_PARTITION;
    }

    public void write(ByteBuffer target) {
        target.putLong(incarnation).putLong(epoch).putLong(sequence).putLong(published);
        target.putLong(rows).putLong(samples).putLong(sampleIdSum).putLong(duplicates);
        target.putLong(refused).putLong(refusedRows).putLong(openRows).putInt(applied.size());
        applied.forEach((partition, offset) -> target.putInt(partition).putLong(offset));
    }

    public static ShardStatus read(ByteBuffer source) {
        long[] n = new long[LONGS];
        for (int i = 0; i < LONGS; i++) {
            n[i] = source.getLong();
        }
        SortedMap<Integer, Long> applied = new TreeMap<>();
        for (int left = source.getInt(); left > 0; left--) {
            applied.put(source.getInt(), source.getLong());
        }
        return new ShardStatus(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10], applied);
    }
}
