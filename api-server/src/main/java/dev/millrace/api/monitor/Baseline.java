package dev.millrace.api.monitor;

import dev.millrace.api.monitor.quality.ImpressionGroups;
import dev.millrace.api.monitor.quality.QualityStats;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import io.micronaut.serde.annotation.Serdeable;

/**
 * The baseline beside the served scores, over the last minute or so and since the start. The tail's thread
 * writes, any reads.
 */
final class Baseline {
    /** @param name what the scores are compared with */
    @Serdeable
    public record View(String name, Gain total, Gain recent) {}

    private static final double CLIP = 1e-7;
    private static final SlidingSums.Kind<GainSums> KIND =
            new SlidingSums.Kind<>(GainSums::new, GainSums::merge, GainSums::clear);

    private final Popularity popularity;
    private final SlidingSums<GainSums> sums;

    /** @param windowMs length of the window, which moves in twelfths */
    Baseline(ModelSpec spec, long windowMs) {
        popularity = new Popularity(spec);
        sums = new SlidingSums<>(KIND, windowMs);
    }

    /** The baseline predicts a label, and then learns it. @param weight below 0: one is taken back */
    ImpressionGroups.Step step(SampleBlock block, int i, float label, double weight, long nowMs) {
        long item = popularity.item(block, i);
        double predicted = popularity.predict(item);
        popularity.learn(item, label, weight);
        sums.update(nowMs, to -> to.addScore(predicted, QualityStats.isPositive(label), weight));
        double base = weight * loss(predicted, label);
        return new ImpressionGroups.Step(base - weight * loss(block.servedScore(i), label), base);
    }

    private static double loss(double score, double label) {
        double p = Math.clamp(score, CLIP, 1 - CLIP);
        return -label * Math.log(p) - (1 - label) * Math.log(1 - p);
    }

    /** A request's labels have all come. */
    void request(ImpressionGroups.Step gain, long nowMs) {
        sums.update(nowMs, to -> to.addRequest(gain.gained(), gain.base()));
    }

    View view(long nowMs) {
        return new View(popularity.name(), sums.total(GainSums::gain), sums.recent(nowMs, GainSums::gain));
    }
}
