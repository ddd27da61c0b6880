package dev.millrace.ps.delta;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.WeightFormat;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A set of weight changes: absolute rows, never gradients (McMahan-style updates are not idempotent, rows are). One
 * delta is one learning batch, and the header names the samples that it contains, so that the same log learned with
 * these boundaries gives the same bits.
 *
 * @param keys rows that changed, any order, each at most once, none of them 0
 * @param width floats of a row: its weight, and its vector in a model with embeddings
 * @param weights their rows now, {@code [keys][width]}, rounded already where {@link WeightRounding} rounds; NaN in the
 *     first is a tombstone: the row is gone
 */
@SuppressWarnings("ArrayRecordComponent") // carried from encoder to table, never compared
public record Delta(Header header, int width, long[] keys, float[] weights) {
    /** Records of one samples partition: {@code from} inclusive, {@code to} exclusive. */
    public record Range(long from, long to) {}

    /**
     * Digest of those rows of the shard that lie in one range of hashes, as they are with this delta: whoever applied it
     * has the same, or has other rows than training. The range moves on with each delta.
     *
     * @param rangeBits there are 2^rangeBits ranges, 0..{@value #MAX_RANGE_BITS}
     * @param range which: rows whose {@code KeyHash.mix} begins with these bits
     * @param rows serving rows in it
     * @param digest wrapping sum of a hash of each row's key and weight
     */
    public record Parity(int rangeBits, int range, long rows, long digest) {
        public static final int MAX_RANGE_BITS = 16;

        public Parity {
            if (rangeBits < 0 || rangeBits > MAX_RANGE_BITS || range < 0 || range >= 1 << rangeBits) {
                throw new IllegalArgumentException("parity: range " + range + " of 2^" + rangeBits);
            }
        }
    }

    /**
     * @param shards of the model; 0: not said
     * @param epoch of the shard's owner: of two that both believe to own it, the later has the higher one
     * @param sequence counts from 1 without gaps within a shard
     * @param learnedMs when the batch was learned, wall clock, milliseconds since the epoch
     * @param watermarkMs event time up to which these weights have learned
     * @param ranges samples partition to the records of this batch, partitions ascending as they were learned; of a batch
     *     whose rows are split over several deltas, only the last one has them
     * @param samples distinct samples learned so far: the bias row's update count
     * @param sampleIdSum wrapping sum of their ids
     * @param duplicateSamples samples that came again so far
     * @param weights as what the weights travel
     * @param parity null: nothing to compare with this delta
     */
    public record Header(
            int shard,
            int shards,
            long epoch,
            long sequence,
            long specFingerprint,
            long learnedMs,
            long watermarkMs,
            SortedMap<Integer, Range> ranges,
            long samples,
            long sampleIdSum,
            long duplicateSamples,
            WeightFormat weights,
            @Nullable Parity parity) {
        public Header {
            if (shard < 0 || shards < 0 || (shards > 0 && shard >= shards)) {
                throw new IllegalArgumentException("delta: shard " + shard + " of " + shards);
            }
        }

        /** Of an owner without rivals, weights as they were learned. */
        public Header(
                int shard,
                long sequence,
                long specFingerprint,
                long learnedMs,
                long watermarkMs,
                SortedMap<Integer, Range> ranges,
                long samples,
                long sampleIdSum,
                long duplicateSamples) {
            this(
                    shard,
                    0,
                    0,
                    sequence,
                    specFingerprint,
                    learnedMs,
                    watermarkMs,
                    ranges,
                    samples,
                    sampleIdSum,
                    duplicateSamples,
                    WeightFormat.F32,
                    null);
        }
    }

    /** Of a linear model. */
    public Delta(Header header, long[] keys, float[] weights) {
        this(header, 1, keys, weights);
    }

    public Delta {
        if (width < 1 || (long) keys.length * width != weights.length) {
            throw new IllegalArgumentException(
                    "delta: " + keys.length + " keys of " + width + " floats, " + weights.length + " weights");
        }
        for (long key : keys) {
            if (key == FeatureIds.NONE) {
                // Refused as a whole, before any row of it is applied.
                throw new IllegalArgumentException("delta: key " + FeatureIds.NONE + ", which no row has");
            }
        }
    }

    /** Where the row of a key begins in {@code weights}. */
    public int at(int i) {
        return i * width;
    }

    public boolean isTombstone(int i) {
        return isTombstone(weights[at(i)]);
    }

    /** How many of its rows are. */
    public int tombstones() {
        int count = 0;
        for (int i = 0; i < keys.length; i++) {
            count += isTombstone(i) ? 1 : 0;
        }
        return count;
    }

    public static boolean isTombstone(float weight) {
        return Float.isNaN(weight);
    }
}
