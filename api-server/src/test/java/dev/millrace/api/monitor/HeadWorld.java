package dev.millrace.api.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.api.monitor.quality.Quality;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.util.Objects;
import java.util.Random;

/** Seeded samples of a model of three heads: clicks, likes of half of what is shown, and how long was watched. */
public final class HeadWorld {
    public static final long NOW = 1_700_000_000_000L;
    public static final ModelSpec SPEC = SpecReader.parse("shop", """
            model: shop
            rewardWindow: 5s
            heads:
              click: {labels: {click: 1}}
              like: {labels: {like: 1}}
              watch: {objective: squared, labels: {watch: {perUnit: 1, atMost: 9}}}
            slots: {item: {type: category, from: item.id}}
            network: {type: widedeep, dim: 2, hidden: [4]}
            """);

    private final Random random;
    private long samples;
    private long likes;
    private double liked;
    private double likedLoss;
    private double likeScores;
    private long watches;
    private double watched;
    private double watchScores;

    public HeadWorld(long seed) {
        random = new Random(seed);
    }

    /** Without samples: only its watermark tells something. */
    public static SampleBlock empty(long nowMs) {
        return new SampleBlockBuilder().build(new SampleBlock.Header("shop", 1, nowMs, nowMs));
    }

    /** So many requests of five items each. */
    public SampleBlock block(int requests, long nowMs) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        for (int i = 0; i < 5 * requests; i++) {
            float click = random.nextFloat();
            float like = random.nextFloat();
            float label = random.nextFloat() < like ? 1 : 0;
            float likeWeight = random.nextInt(2);
            float watch = 9 * random.nextFloat();
            float watchWeight = random.nextInt(4) == 0 ? 1 : 0;
            note(like, label, likeWeight, watch, watchWeight);
            FeatureVector vector = new FeatureVector();
            vector.add(FeatureIds.BIAS, 1f);
            float[] more = {label, likeWeight, like, watch + 1, watchWeight, watch};
            long request = 1 + samples / 5;
            builder.add(
                    new SampleBlockBuilder.Meta(
                            ++samples,
                            request,
                            1,
                            random.nextFloat() < click ? 1 : 0,
                            1,
                            1,
                            click,
                            1,
                            nowMs,
                            (byte) 0,
                            more),
                    vector);
        }
        return builder.build(new SampleBlock.Header("shop", 1, nowMs, nowMs - 1_000));
    }

    private void note(float like, float label, float likeWeight, float watch, float watchWeight) {
        likes += (long) likeWeight;
        liked += likeWeight * label;
        likeScores += likeWeight * like;
        likedLoss -= likeWeight * Math.log(label == 1 ? like : 1 - like);
        watches += (long) watchWeight;
        watched += watchWeight * (watch + 1);
        watchScores += watchWeight * watch;
    }

    /** Whether these are the qualities of the two further heads in all blocks. */
    public void assertRight(Quality like, Quality watch) {
        assertEquals(likes, like.samples());
        assertEquals(likedLoss / likes, Objects.requireNonNull(like.logLoss()), 1e-4);
        assertEquals(likeScores / liked, Objects.requireNonNull(like.calibration()), 1e-4);
        assertEquals(5.0 / 6, Objects.requireNonNull(like.auc()), 0.05, "of uniform scores that are right");
        assertEquals(watches, watch.samples());
        assertEquals(watchScores / watched, Objects.requireNonNull(watch.calibration()), 1e-4);
        assertNull(watch.logLoss(), "values have none");
        assertNull(watch.auc());
    }
}
