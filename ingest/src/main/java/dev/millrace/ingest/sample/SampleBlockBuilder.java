package dev.millrace.ingest.sample;

import dev.millrace.ingest.feature.FeatureVector;
import java.util.Arrays;

/** Collects samples into columns. Reused after {@link #build}; one thread. */
public final class SampleBlockBuilder {
    /**
     * One sample but its features.
     *
     * @param flags of {@link SampleBlock}
     */
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
            byte flags) {
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

    private Meta[] metas = new Meta[16];
    private int[] offsets = new int[17];
    private long[] featureIds = new long[256];
    private float[] featureValues = new float[256];
    private int size;

    public void add(Meta meta, FeatureVector vector) {
        if (size == metas.length) {
            metas = Arrays.copyOf(metas, size * 2);
            offsets = Arrays.copyOf(offsets, size * 2 + 1);
        }
        int at = offsets[size];
        if (at + vector.size() > featureIds.length) {
            int capacity = Math.max(featureIds.length * 2, at + vector.size());
            featureIds = Arrays.copyOf(featureIds, capacity);
            featureValues = Arrays.copyOf(featureValues, capacity);
        }
        for (int i = 0; i < vector.size(); i++) {
            featureIds[at + i] = vector.id(i);
            featureValues[at + i] = vector.value(i);
        }
        metas[size++] = meta;
        offsets[size] = at + vector.size();
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
                        block.flags(sample)),
                scratch);
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
                new long[n],
                new long[n],
                new long[n],
                new float[n],
                new float[n],
                new float[n],
                new float[n],
                new long[n],
                new long[n],
                new byte[n],
                Arrays.copyOf(offsets, n + 1),
                Arrays.copyOf(featureIds, features),
                Arrays.copyOf(featureValues, features));
        for (int i = 0; i < n; i++) {
            Meta meta = metas[i];
            columns.sampleIds()[i] = meta.sampleId();
            columns.requestHashes()[i] = meta.requestHash();
            columns.actionHashes()[i] = meta.actionHash();
            columns.labels()[i] = meta.label();
            columns.weights()[i] = meta.weight();
            columns.keepRates()[i] = meta.keepRate();
            columns.servedScores()[i] = meta.servedScore();
            columns.modelVersions()[i] = meta.modelVersion();
            columns.eventTimesMs()[i] = meta.eventTimeMs();
            columns.flags()[i] = meta.flags();
        }
        size = 0;
        return new SampleBlock(header, columns);
    }
}
