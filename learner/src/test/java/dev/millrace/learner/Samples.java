package dev.millrace.learner;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import java.util.Random;

/** Blocks to learn from. */
public final class Samples {
    public static final long EVENT_TIME_MS = 1_700_000_000_000L;

    private Samples() {}

    /** One sample of the bias and one feature. */
    public static SampleBlock one(long fingerprint, long id, float label, float value, long feature) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        vector.add(FeatureIds.BIAS, 1f);
        vector.add(feature, value);
        builder.add(meta(id, label, 1f), vector);
        return builder.build(header(fingerprint));
    }

    /** One sample of the bias alone, kept at a rate. */
    public static SampleBlock kept(long fingerprint, long id, float label, float keepRate) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        vector.add(FeatureIds.BIAS, 1f);
        builder.add(meta(id, label, keepRate), vector);
        return builder.build(header(fingerprint));
    }

    /** Samples {@code firstId ..} of the bias and up to 8 of 200 features. */
    public static SampleBlock random(Random random, long fingerprint, long firstId, int samples) {
        return random(random, fingerprint, firstId, samples, 0);
    }

    /** The same of features of one slot. */
    public static SampleBlock random(Random random, long fingerprint, long firstId, int samples, int slot) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        for (int i = 0; i < samples; i++) {
            FeatureVector vector = new FeatureVector();
            vector.add(FeatureIds.BIAS, 1f);
            int first = random.nextInt(200);
            for (int f = 0; f < 1 + random.nextInt(8); f++) {
                vector.add(
                        FeatureIds.pack(slot, 1_000 + (first + 7L * f) % 200),
                        random.nextBoolean() ? 1f : random.nextFloat());
            }
            builder.add(meta(firstId + i, random.nextInt(3) == 0 ? 1f : 0f, 1f), vector);
        }
        return builder.build(header(fingerprint));
    }

    private static SampleBlock.Header header(long fingerprint) {
        return new SampleBlock.Header("m", fingerprint, EVENT_TIME_MS + 5, EVENT_TIME_MS - 200);
    }

    private static SampleBlockBuilder.Meta meta(long id, float label, float keepRate) {
        return new SampleBlockBuilder.Meta(id, id, 0, label, 1f, keepRate, 0.5f, 0, EVENT_TIME_MS);
    }
}
