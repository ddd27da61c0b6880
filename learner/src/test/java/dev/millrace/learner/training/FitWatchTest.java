package dev.millrace.learner.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that can only learn by heart shows it, and one that learns what there is to learn does not. */
class FitWatchTest {
    private static final long SEED = 23;

    private static ModelSpec spec(String network) {
        return SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, slots: {user: {type: category,"
                        + " from: user.id}, item: {type: category, from: item.id}}, optimizer: {alpha: 0.5}" + network
                        + "}");
    }

    /** @param users so many that each comes once, or few */
    private static FitWatch.Fit fit(ModelSpec spec, int users, boolean noise) {
        TrainingShard shard = TrainingShard.empty(spec, 100_000);
        Random random = new Random(SEED);
        long id = 1;
        for (int batch = 0; batch < 60; batch++) {
            SampleBlockBuilder builder = new SampleBlockBuilder();
            for (int i = 0; i < 200; i++) {
                int user = random.nextInt(users);
                FeatureVector vector = new FeatureVector();
                vector.add(FeatureIds.BIAS, 1f);
                vector.add(FeatureIds.pack(FeatureIds.slot("user"), 100 + user), 1f);
                vector.add(FeatureIds.pack(FeatureIds.slot("item"), 100 + random.nextInt(5)), 1f);
                boolean likely = noise ? random.nextBoolean() : user % 2 == 0;
                float label = random.nextInt(10) == 0 != likely ? 1f : 0f;
                builder.add(new SampleBlockBuilder.Meta(id, id, 0, label, 1f, 1f, 0.5f, 0, 1_000L), vector);
                id++;
            }
            shard.learn(0, batch, builder.build(new SampleBlock.Header("m", spec.fingerprint(), 0, 0)));
            shard.closeBatch(0);
        }
        return shard.fit().fit().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ", network: {type: deepfm, dim: 4, hidden: [8], batch: 20, embeddings: {type: adagrad, rate: 0.2}}"
            })
    void tellsLearningByHeartFromLearning(String network) {
        FitWatch.Fit known = fit(spec(network), 10, false);
        FitWatch.Fit byHeart = fit(spec(network), 1_000_000, true);
        String both = "learned " + known + ", by heart " + byHeart + ", seed " + SEED;
        assertTrue(known.unseen() < 0.40, both);
        assertTrue(Math.abs(known.gap()) < 0.03, both);
        assertTrue(byHeart.unseen() > 0.65, both);
        assertTrue(byHeart.gap() > 0.04, both);
        assertEquals(531, known.samples(), 150, both);
    }
}
