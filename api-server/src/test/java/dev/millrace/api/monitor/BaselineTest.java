package dev.millrace.api.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MovieSpec;
import dev.millrace.api.monitor.quality.ImpressionGroups;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.SpecReader;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BaselineTest {
    private static final long ITEM = FeatureIds.pack(FeatureIds.slot("item"), 1);
    private static final long OTHER = FeatureIds.pack(FeatureIds.slot("item"), 2);

    private static SampleBlock block(long item, float score) {
        FeatureVector vector = new FeatureVector();
        vector.add(item, 1);
        SampleBlockBuilder builder = new SampleBlockBuilder();
        builder.add(new SampleBlockBuilder.Meta(1, 1, 0, 1, 1f, 1f, score, 1, 1), vector);
        return builder.build(new SampleBlock.Header("movies", 1, 1, 1));
    }

    @Test
    void popularityPredictsALabelFromThoseBeforeIt() {
        Popularity popularity = new Popularity(MovieSpec.SPEC);
        assertEquals("popularity", popularity.name());
        assertEquals(0.5, popularity.predict(ITEM), "nothing is known");
        for (int i = 0; i < 100; i++) {
            popularity.learn(ITEM, 1, 1);
            popularity.learn(OTHER, 0, 1);
        }
        assertEquals((100 + 20 * 0.5) / 120, popularity.predict(ITEM), 1e-9);
        assertEquals((20 * 0.5) / 120, popularity.predict(OTHER), 1e-9);
        popularity.learn(ITEM, 1, -100);
        assertTrue(popularity.predict(ITEM) < 0.1, "what was taken back counts no more");
        assertEquals(ITEM, popularity.item(block(ITEM, .5f), 0));
    }

    @Test
    void aModelWithoutTheItemsIdIsComparedWithTheRateOfAll() {
        Popularity popularity = new Popularity(SpecReader.parse("m.yml", """
                model: m
                objective: logistic
                labels: {like: 1}
                rewardWindow: 5s
                slots: {user: {type: category, from: user.id}}
                """));
        assertEquals("base rate", popularity.name());
        assertEquals(0, popularity.item(block(ITEM, .5f), 0));
        popularity.learn(0, 0, 1);
        popularity.learn(0, 0, 1);
        assertEquals(0.25, popularity.predict(0));
    }

    @Test
    void theGainIsHowMuchLessTheServedScoresLose() {
        Baseline baseline = new Baseline(MovieSpec.SPEC, 60_000);
        assertNull(baseline.view(0).total().gain());
        ImpressionGroups.Step step = baseline.step(block(ITEM, .8f), 0, 1, 1, 1_000);
        assertEquals(-Math.log(.5), step.base(), 1e-6);
        assertEquals(Math.log(.8) - Math.log(.5), step.gained(), 1e-6);
        baseline.request(step, 1_000);
        Gain gain = baseline.view(1_000).recent();
        assertEquals(1, gain.requests());
        assertEquals(1 - Math.log(.8) / Math.log(.5), Objects.requireNonNull(gain.gain()), 1e-6);
        assertNull(gain.low(), "one request has no interval");
        assertEquals(0, baseline.view(100_000).recent().requests(), "the window has gone by");
        assertEquals(1, baseline.view(100_000).total().requests());
    }

    /** 95 % intervals hold the truth in about 95 of 100 seeded worlds, though a request's items depend on each other. */
    @Test
    void theIntervalHoldsTheTruthAsOftenAsItSays() {
        long seed = 11;
        Random random = new Random(seed);
        int held = 0;
        int worlds = 400;
        // d = 0.1·b + noise that all items of a request share: the truth is 0.1.
        for (int world = 0; world < worlds; world++) {
            GainSums sums = new GainSums();
            for (int request = 0; request < 200; request++) {
                double base = 1 + random.nextInt(10);
                sums.addRequest(0.1 * base + random.nextGaussian() * base * 0.5, base);
            }
            Gain gain = sums.gain();
            held += Objects.requireNonNull(gain.low()) <= 0.1 && 0.1 <= Objects.requireNonNull(gain.high()) ? 1 : 0;
        }
        double share = (double) held / worlds;
        assertTrue(share > 0.92 && share < 0.98, share + ", seed " + seed);
    }
}
