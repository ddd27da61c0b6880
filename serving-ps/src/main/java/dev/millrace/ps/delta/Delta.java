package dev.millrace.ps.delta;

import dev.millrace.ingest.id.FeatureIds;
import java.util.SortedMap;

/**
 * A set of weight changes: absolute rows, never gradients (McMahan-style updates are not idempotent, rows are). One
 * delta is one learning batch, and the header names the samples that it contains, so that the same log learned with
 * these boundaries gives the same bits.
 *
 * @param keys rows that changed, any order, each at most once, none of them 0
 * @param weights their weights now; NaN is a tombstone: the row is gone
 */
@SuppressWarnings("ArrayRecordComponent") // carried from encoder to table, never compared
public record Delta(Header header, long[] keys, float[] weights) {
    /** Records of one samples partition: {@code from} inclusive, {@code to} exclusive. */
    public record Range(long from, long to) {}

    /**
     * @param sequence counts from 1 without gaps within a shard
     * @param learnedMs when the batch was learned, wall clock, milliseconds since the epoch
     * @param watermarkMs event time up to which these weights have learned
     * @param ranges samples partition to the records of this batch, partitions ascending as they were learned
     * @param samples distinct samples learned so far: the bias row's update count
     * @param sampleIdSum wrapping sum of their ids
     * @param duplicateSamples samples that came again so far
     */
    public record Header(
            int shard,
            long sequence,
            long specFingerprint,
            long learnedMs,
            long watermarkMs,
            SortedMap<Integer, Range> ranges,
            long samples,
            long sampleIdSum,
            long duplicateSamples) {}

    public Delta {
        if (keys.length != weights.length) {
            throw new IllegalArgumentException("delta: " + keys.length + " keys, " + weights.length + " weights");
        }
        for (long key : keys) {
            if (key == FeatureIds.NONE) {
                // Refused as a whole, before any row of it is applied.
                throw new IllegalArgumentException("delta: key " + FeatureIds.NONE + ", which no row has");
            }
        }
    }

    public static boolean isTombstone(float weight) {
        return Float.isNaN(weight);
    }
}
