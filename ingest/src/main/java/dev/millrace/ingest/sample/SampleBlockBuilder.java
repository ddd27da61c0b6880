package dev.millrace.ingest.sample;

import dev.millrace.ingest.feature.FeatureVector;
import java.util.Arrays;

/** Collects samples into columns. Reused after {@link #build}; one thread. */
public final class SampleBlockBuilder {
    /**
     * One sample but its features.
     *
     * @param flags of {@link SampleBlock}
     * @param more of the model's heads after the first: label, weight and served score of each; usually empty
     */
    @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
    public record Meta(
            long sampleId,
            long requestHash,
            long actionHash,
            float label,
            float weight,
            float keepRate,
            float servedScore,
            long modelVersion,
            long eventTimeMs,
            byte flags,
            float[] more) {
        private static final float[] NONE = {};

        public Meta(
                long sampleId,
                long requestHash,
                long actionHash,
                float label,
                float weight,
                float keepRate,
                float servedScore,
                long modelVersion,
                long eventTimeMs,
                byte flags) {
            this(
                    sampleId,
                    requestHash,
                    actionHash,
                    label,
                    weight,
                    keepRate,
                    servedScore,
                    modelVersion,
                    eventTimeMs,
                    flags,
                    NONE);
        }

        public Meta(
                long sampleId,
                long requestHash,
                long actionHash,
                float label,
                float weight,
                float keepRate,
                float servedScore,
                long modelVersion,
                long eventTimeMs) {
            this(
                    sampleId,
                    requestHash,
                    actionHash,
                    label,
                    weight,
                    keepRate,
                    servedScore,
                    modelVersion,
                    eventTimeMs,
                    (byte) 0);
        }
    }

    private long[] sampleIds = new long[16];
    private long[] requestHashes = new long[16];
    private long[] actionHashes = new long[16];
    private float[] labels = new float[16];
    private float[] weights = new float[16];
    private float[] keepRates = new float[16];
    private float[] servedScores = new float[16];
    private long[] modelVersions = new long[16];
    private long[] eventTimesMs = new long[16];
    private byte[] flags = new byte[16];
    private int[] offsets = new int[17];
    private long[] featureIds = new long[256];
    private float[] featureValues = new float[256];
    /** Of each sample and head after the first: label, weight, served score. */
    private float[] more = {};

    private int moreHeads;
    private int size;

    /** @throws IllegalArgumentException when its heads are not as many as those of the samples before */
    public void add(Meta meta, FeatureVector vector) {
        if (size == labels.length) {
            grow(2 * size);
        }
        addMore(meta.more());
        int at = offsets[size];
        if (at + vector.size() > featureIds.length) {
            int capacity = Math.max(featureIds.length * 2, at + vector.size());
            featureIds = Arrays.copyOf(featureIds, capacity);
            featureValues = Arrays.copyOf(featureValues, capacity);
        }
        vector.copyTo(featureIds, featureValues, at);
        sampleIds[size] = meta.sampleId();
        requestHashes[size] = meta.requestHash();
        actionHashes[size] = meta.actionHash();
        labels[size] = meta.label();
        weights[size] = meta.weight();
        keepRates[size] = meta.keepRate();
        servedScores[size] = meta.servedScore();
        modelVersions[size] = meta.modelVersion();
        eventTimesMs[size] = meta.eventTimeMs();
        flags[size] = meta.flags();
        size++;
        offsets[size] = at + vector.size();
    }

    private void addMore(float[] its) {
        if (size == 0) {
            moreHeads = its.length / 3;
        }
        if (its.length != 3 * moreHeads) {
            throw new IllegalArgumentException(
                    its.length + " floats of further heads, not 3 each of " + moreHeads + " as before");
        }
        int from = size * its.length;
        if (more.length < from + its.length) {
            more = Arrays.copyOf(more, Math.max(2 * more.length, labels.length * its.length));
        }
        System.arraycopy(its, 0, more, from, its.length);
    }

    private SampleBlock.MoreHeads more(int n) {
        if (moreHeads == 0) {
            return SampleBlock.MoreHeads.NONE;
        }
        float[][] columns = new float[3][n * moreHeads];
        for (int i = 0; i < n * moreHeads; i++) {
            for (int c = 0; c < 3; c++) {
                columns[c][i] = more[3 * i + c];
            }
        }
        return new SampleBlock.MoreHeads(moreHeads, columns[0], columns[1], columns[2]);
    }

    private void grow(int capacity) {
        sampleIds = Arrays.copyOf(sampleIds, capacity);
        requestHashes = Arrays.copyOf(requestHashes, capacity);
        actionHashes = Arrays.copyOf(actionHashes, capacity);
        labels = Arrays.copyOf(labels, capacity);
        weights = Arrays.copyOf(weights, capacity);
        keepRates = Arrays.copyOf(keepRates, capacity);
        servedScores = Arrays.copyOf(servedScores, capacity);
        modelVersions = Arrays.copyOf(modelVersions, capacity);
        eventTimesMs = Arrays.copyOf(eventTimesMs, capacity);
        flags = Arrays.copyOf(flags, capacity);
        offsets = Arrays.copyOf(offsets, capacity + 1);
    }

    /** Appends a sample of another block. */
    public void add(SampleBlock block, int sample, FeatureVector scratch) {
        scratch.clear();
        for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
            scratch.add(block.featureId(f), block.featureValue(f));
        }
        add(
                new Meta(
                        block.sampleId(sample),
                        block.requestHash(sample),
                        block.actionHash(sample),
                        block.label(sample),
                        block.weight(sample),
                        block.keepRate(sample),
                        block.servedScore(sample),
                        block.modelVersion(sample),
                        block.eventTimeMs(sample),
                        block.flags(sample),
                        more(block, sample)),
                scratch);
    }

    private static float[] more(SampleBlock block, int sample) {
        float[] its = new float[3 * (block.heads() - 1)];
        for (int head = 1; head < block.heads(); head++) {
            int at = 3 * (head - 1);
            its[at] = block.label(sample, head);
            its[at + 1] = block.weight(sample, head);
            its[at + 2] = block.servedScore(sample, head);
        }
        return its;
    }

    public int size() {
        return size;
    }

    /** Features so far, of all samples. */
    public int features() {
        return offsets[size];
    }

    /** The block of what was added; the builder is empty afterwards. */
    public SampleBlock build(SampleBlock.Header header) {
        int n = size;
        int features = offsets[n];
        var columns = new SampleBlock.Columns(
                Arrays.copyOf(sampleIds, n),
                Arrays.copyOf(requestHashes, n),
                Arrays.copyOf(actionHashes, n),
                Arrays.copyOf(labels, n),
                Arrays.copyOf(weights, n),
                Arrays.copyOf(keepRates, n),
                Arrays.copyOf(servedScores, n),
                Arrays.copyOf(modelVersions, n),
                Arrays.copyOf(eventTimesMs, n),
                Arrays.copyOf(flags, n),
                Arrays.copyOf(offsets, n + 1),
                Arrays.copyOf(featureIds, features),
                Arrays.copyOf(featureValues, features),
                more(n));
        size = 0;
        return new SampleBlock(header, columns);
    }
}
