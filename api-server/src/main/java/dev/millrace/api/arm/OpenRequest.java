package dev.millrace.api.arm;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Exposure;
import dev.millrace.ingest.sample.SampleBlock;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request that was shown and compared, until all its labels must have come. */
final class OpenRequest {
    /** Places that are compared. */
    static final int MAX_ITEMS = 100;
    /** Labels of one item that follow each other: a negative at once, then the positive that corrects it. */
    private static final int REVISIONS = 3;

    private final long untilMs;
    private final String answeredBy;
    private final @Nullable Exposure exposure;
    private final long requestHash;
    private final long[] items;
    private final Map<String, float[]> scores = new LinkedHashMap<>();
    private final float[] labels;
    private final float[] weights;

    /** @param untilMs when all its labels must have come */
    OpenRequest(EncodedImpression shown, long requestHash, long untilMs) {
        this.untilMs = untilMs;
        this.requestHash = requestHash;
        answeredBy = shown.scoredBy();
        exposure = shown.exposure().orElse(null);
        items = new long[Math.min(MAX_ITEMS, shown.items())];
        Arrays.setAll(items, shown::sampleItemHash);
        for (String scorer : shown.scorers()) {
            float[] its = new float[items.length];
            for (int i = 0; i < its.length; i++) {
                its[i] = shown.scoreOf(scorer, i);
            }
            scores.put(scorer, its);
        }
        labels = new float[items.length];
        weights = new float[items.length];
        Arrays.fill(labels, Float.NaN);
    }

    long untilMs() {
        return untilMs;
    }

    String answeredBy() {
        return answeredBy;
    }

    /** Null: of no experiment. */
    @Nullable
    Exposure exposure() {
        return exposure;
    }

    int size() {
        return items.length;
    }

    /**
     * One sample's label.
     *
     * @param weight with what it stands for beside itself
     */
    record Labelled(long sampleId, float label, float weight) {
        /** Null: it takes another one back. */
        static @Nullable Labelled of(SampleBlock block, int sample) {
            float label = block.label(sample);
            float others = label < 0.5f ? 1 / block.keepRate(sample) : 1;
            return block.weight(sample) <= 0
                    ? null
                    : new Labelled(block.sampleId(sample), label, block.weight(sample) * others);
        }
    }

    /** @param model hash of the model whose sample it is */
    void label(long model, Labelled its) {
        for (int revision = 0; revision < REVISIONS; revision++) {
            for (int i = 0; i < items.length; i++) {
                if (SampleIds.of(model, requestHash, items[i], revision) == its.sampleId()) {
                    labels[i] = its.label();
                    weights[i] = its.weight();
                    return;
                }
            }
        }
    }

    /** Null: the model did not score it. */
    @Nullable
    RequestScore score(String model) {
        float[] its = scores.get(model);
        return its == null ? null : RequestScore.of(its, labels, weights);
    }

    /** Share of the labelled items that were liked; NaN: none has a label. */
    double liked() {
        double liked = 0;
        int labelled = 0;
        for (float label : labels) {
            if (!Float.isNaN(label)) {
                labelled++;
                liked += label >= 0.5f ? 1 : 0;
            }
        }
        return liked / labelled;
    }

    /** Of an interleaved list, how many liked items the arm drafted, or the champion did. */
    int liked(boolean ofArm) {
        int liked = 0;
        for (int i = 0; i < labels.length && exposure != null && i < exposure.getDraftedCount(); i++) {
            liked += labels[i] >= 0.5f && exposure.getDrafted(i) == ofArm ? 1 : 0;
        }
        return liked;
    }
}
