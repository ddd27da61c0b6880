package dev.millrace.api.monitor;

import dev.millrace.api.monitor.quality.ImpressionGroups;
import dev.millrace.api.monitor.quality.QualityStats;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import io.micronaut.serde.annotation.Serdeable;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The baseline beside the served scores, over the last minute or so and since the start. The tail's thread writes;
 * guarded by its own lock.
 */
final class Baseline {
    /** @param name what the scores are compared with */
    @Serdeable
    public record View(String name, Gain total, Gain recent) {}

    private static final double CLIP = 1e-7;
    private static final int SLOTS = 12;

    private final Popularity popularity;
    private final long slotMs;
    private final GainSums total = new GainSums();
    private final GainSums[] slots = new GainSums[SLOTS];
    private final long[] slotNumbers = new long[SLOTS];

    /** @param windowMs length of the window, which moves in twelfths */
    Baseline(ModelSpec spec, long windowMs) {
        popularity = new Popularity(spec);
        slotMs = Math.max(1, windowMs / SLOTS);
        Arrays.setAll(slots, i -> new GainSums());
        Arrays.fill(slotNumbers, -1);
    }

    /** The baseline predicts a label, and then learns it. @param weight below 0: one is taken back */
    ImpressionGroups.Step step(SampleBlock block, int i, float label, double weight, long nowMs) {
        long item = popularity.item(block, i);
        double predicted = popularity.predict(item);
        popularity.learn(item, label, weight);
        update(nowMs, sums -> sums.addScore(predicted, QualityStats.isPositive(label), weight));
        double base = weight * loss(predicted, label);
        return new ImpressionGroups.Step(base - weight * loss(block.servedScore(i), label), base);
    }

    private static double loss(double score, double label) {
        double p = Math.clamp(score, CLIP, 1 - CLIP);
        return -label * Math.log(p) - (1 - label) * Math.log(1 - p);
    }

    /** A request's labels have all come. */
    void request(ImpressionGroups.Step sums, long nowMs) {
        update(nowMs, to -> to.addRequest(sums.gained(), sums.base()));
    }

    private synchronized void update(long nowMs, Consumer<GainSums> change) {
        long number = nowMs / slotMs;
        int slot = (int) (number % SLOTS);
        if (slotNumbers[slot] != number) {
            slots[slot].clear();
            slotNumbers[slot] = number;
        }
        change.accept(slots[slot]);
        change.accept(total);
    }

    synchronized View view(long nowMs) {
        long number = nowMs / slotMs;
        GainSums recent = new GainSums();
        for (int slot = 0; slot < SLOTS; slot++) {
            if (slotNumbers[slot] > number - SLOTS) {
                recent.merge(slots[slot]);
            }
        }
        return new View(popularity.name(), total.gain(), recent.gain());
    }
}
