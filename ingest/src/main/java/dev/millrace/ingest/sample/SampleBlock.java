package dev.millrace.ingest.sample;

import dev.millrace.ingest.id.FeatureIds;
import java.util.Arrays;

/**
 * Many labelled vectors of one model in columns, read-only. Sample i has features {@code offset(i) .. offset(i+1)-1}.
 *
 * <pre>
 *  header   model · spec fingerprint · joinedMs · watermarkMs
 *  columns  sampleId[n] requestHash[n] actionHash[n] label[n] weight[n] keepRate[n] servedScore[n]
 *           modelVersion[n] eventTimeMs[n] flags[n] offsets[n+1]
 *  heads    label[n, m] weight[n, m] servedScore[n, m]: of a model of 1 + m heads, those after the first
 *  features id[offsets[n]] value[offsets[n]]
 * </pre>
 */
public final class SampleBlock {
    /**
     * Flag: the item's negative goes out at once and a positive follows it, so every positive has a fake negative before
     * it, and learning weighs both by the model's own p.
     */
    public static final byte FAKE_NEGATIVES = 1;

    private final Header header;
    private final Columns columns;
    private final boolean uniform;

    /**
     * @param joinedMs when the join emitted the block, wall clock, milliseconds since the epoch
     * @param watermarkMs event time up to which every label that this block's key range will get is on the log
     */
    public record Header(String model, long specFingerprint, long joinedMs, long watermarkMs) {}

    /** The arrays, all of length n but offsets (n + 1) and the features. Taken over, not copied. */
    @SuppressWarnings("ArrayRecordComponent") // a bundle for the constructor, never compared
    public record Columns(
            long[] sampleIds,
            long[] requestHashes,
            long[] actionHashes,
            float[] labels,
            float[] weights,
            float[] keepRates,
            float[] servedScores,
            long[] modelVersions,
            long[] eventTimesMs,
            byte[] flags,
            int[] offsets,
            long[] featureIds,
            float[] featureValues,
            MoreHeads more) {}

    /** What samples of a model with heads say of those after the first; {@code count} a sample, sample by sample. */
    @SuppressWarnings("ArrayRecordComponent") // as above
    public record MoreHeads(int count, float[] labels, float[] weights, float[] servedScores) {
        static final MoreHeads NONE = new MoreHeads(0, new float[0], new float[0], new float[0]);

        /** Refuses what are no columns of so many samples. */
        void check(int samples) {
            if (count < 0
                    || labels.length != samples * count
                    || weights.length != labels.length
                    || servedScores.length != labels.length) {
                throw new IllegalArgumentException(
                        "sample block: " + samples + " samples with " + count + " more heads, " + labels.length
                                + " labels, " + weights.length + " weights, " + servedScores.length + " scores");
            }
        }
    }

    public SampleBlock(Header header, Columns columns) {
        this.header = header;
        this.columns = columns;
        int n = columns.sampleIds.length;
        int[] offsets = columns.offsets;
        if (offsets.length != n + 1
                || offsets[0] != 0
                || offsets[n] != columns.featureIds.length
                || columns.featureIds.length != columns.featureValues.length) {
            throw new IllegalArgumentException("sample block: " + n + " samples, offsets " + Arrays.toString(offsets)
                    + ", " + columns.featureIds.length + " ids, " + columns.featureValues.length + " values");
        }
        columns.more.check(n);
        for (int i = 0; i < n; i++) {
            if (offsets[i] > offsets[i + 1]) {
                throw new IllegalArgumentException("sample block: offsets fall at sample " + i);
            }
        }
        if (FeatureIds.hasNone(columns.featureIds)) {
            throw new IllegalArgumentException("sample block: feature id 0, which no feature has");
        }
        uniform = isUniform(columns);
    }

    private SampleBlock(Header header, Columns columns, boolean uniform) {
        this.header = header;
        this.columns = columns;
        this.uniform = uniform;
    }

    /** Of columns that are known to be whole, and {@link #isUniform}. */
    static SampleBlock ofUniform(Header header, Columns columns) {
        columns.more.check(columns.sampleIds.length);
        return new SampleBlock(header, columns, true);
    }

    private static boolean isUniform(Columns columns) {
        int n = columns.sampleIds.length;
        int width = n == 0 ? 0 : columns.offsets[1];
        for (int i = 1; i < n; i++) {
            if (columns.offsets[i + 1] - columns.offsets[i] != width) {
                return false;
            }
        }
        return FeatureIds.isRepeating(columns.featureIds, width);
    }

    /**
     * Whether all samples have as many features as the first, and each place has the same slot in all of them, and a
     * number's value in all or none.
     */
    public boolean isUniform() {
        return uniform;
    }

    public Header header() {
        return header;
    }

    Columns columns() {
        return columns;
    }

    public int size() {
        return columns.sampleIds.length;
    }

    public long sampleId(int i) {
        return columns.sampleIds[i];
    }

    /** {@code SampleIds.ofRequest}. */
    public long requestHash(int i) {
        return columns.requestHashes[i];
    }

    /** {@code SampleIds.ofAction} of the action that settled the label; 0: the window's end did. */
    public long actionHash(int i) {
        return columns.actionHashes[i];
    }

    public float label(int i) {
        return columns.labels[i];
    }

    /**
     * How many samples it stands for; below 0: it takes one back that was sent before; 0: it says nothing of the first
     * head, and something of others.
     */
    public float weight(int i) {
        return columns.weights[i];
    }

    /** Labels of a sample, each with its weight and served score: 1 but for a model with heads. */
    public int heads() {
        return 1 + columns.more.count;
    }

    /** Of a head; {@link #label(int)} is the first one's. */
    public float label(int i, int head) {
        return head == 0 ? columns.labels[i] : columns.more.labels[i * columns.more.count + head - 1];
    }

    /** Of a head; 0: the sample says nothing of it. */
    public float weight(int i, int head) {
        return head == 0 ? columns.weights[i] : columns.more.weights[i * columns.more.count + head - 1];
    }

    /** What was answered of a head. */
    public float servedScore(int i, int head) {
        return head == 0 ? columns.servedScores[i] : columns.more.servedScores[i * columns.more.count + head - 1];
    }

    /** Probability with which negatives of this model were kept, in (0, 1]; positives are kept always. */
    public float keepRate(int i) {
        return columns.keepRates[i];
    }

    /** The probability that was answered when the item was shown; of a model with heads, of its first one. */
    public float servedScore(int i) {
        return columns.servedScores[i];
    }

    /** The weights' version that scored. */
    public long modelVersion(int i) {
        return columns.modelVersions[i];
    }

    /** Of the action, or of the window's end. */
    public long eventTimeMs(int i) {
        return columns.eventTimesMs[i];
    }

    /** Whether {@link #FAKE_NEGATIVES} is set. */
    public boolean hasFakeNegatives(int i) {
        return (columns.flags[i] & FAKE_NEGATIVES) != 0;
    }

    /** Whether it is a canary's, which stands for nobody. */
    public boolean isCanary(int i) {
        int first = columns.offsets[i];
        return columns.offsets[i + 1] - first == 1 && FeatureIds.isCanary(columns.featureIds[first]);
    }

    byte flags(int i) {
        return columns.flags[i];
    }

    /** Index of the first feature of sample i; {@code i = size()} gives the end. */
    public int offset(int i) {
        return columns.offsets[i];
    }

    public long featureId(int feature) {
        return columns.featureIds[feature];
    }

    public float featureValue(int feature) {
        return columns.featureValues[feature];
    }

    /** Of features {@code from .. from + count - 1}, to the beginning of {@code to}. */
    public void values(int from, int count, float[] to) {
        System.arraycopy(columns.featureValues, from, to, 0, count);
    }
}
