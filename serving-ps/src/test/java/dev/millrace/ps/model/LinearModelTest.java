package dev.millrace.ps.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LinearModelTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {price: {type: number, from: item.price, standardize: true},"
                    + " user: {type: category, from: user.id}}}");
    private static final int PRICE = FeatureIds.slot("price");

    private static long price(long field) {
        return FeatureIds.pack(PRICE, field);
    }

    @Test
    void sumsInOrderFromTheStart() {
        FeatureVector vector = new FeatureVector();
        vector.add(10, 2f);
        vector.add(11, 1f);
        vector.add(12, -3f);
        LinearModel model = new LinearModel(SPEC);
        LinearModel.Weights weights = key -> key * 0.1f;
        float shared = model.logit(vector, 0, 1, 0f, weights);
        assertEquals(model.logit(vector, 0, 3, 0f, weights), model.logit(vector, 1, 3, shared, weights));
        assertEquals(2f - 3.6f + 1.1f, model.logit(vector, 0, 3, 0f, weights), 1e-6f);
    }

    /** To the last bit: whoever sums one item after the other gets the same. */
    @Test
    void itemsSummedTogetherAreSummedAsAlone() {
        Random random = new Random(9);
        ModelSpec plain = SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                        + " slots: {user: {type: category, from: user.id}}}");
        for (ModelSpec spec : List.of(plain, SPEC)) {
            LinearModel model = new LinearModel(spec);
            for (int round = 0; round < 300; round++) {
                int items = random.nextInt(30);
                int[] ends = new int[items];
                FeatureVector vector = new FeatureVector();
                vector.add(1, 1f);
                boolean even = random.nextBoolean();
                boolean ones = random.nextBoolean();
                for (int i = 0; i < items; i++) {
                    int features = even ? 20 : random.nextInt(4);
                    for (int f = 0; f < features; f++) {
                        vector.add(2 + random.nextInt(1000), ones ? 1f : random.nextFloat());
                    }
                    ends[i] = vector.size();
                }
                float[] weights = new float[vector.size()];
                for (int i = 0; i < weights.length; i++) {
                    weights[i] = random.nextFloat() - 0.5f;
                }
                float[] together = new float[items];
                float[] norms = new float[model.normKeys().length];
                model.logits(vector, 1, ends, items, 0.3f, weights, norms, together);
                for (int i = 0; i < items; i++) {
                    int from = i == 0 ? 1 : ends[i - 1];
                    assertEquals(model.logit(vector, from, ends[i], 0.3f, weights, norms), together[i]);
                }
            }
        }
    }

    @Test
    void standardizedNumberUsesItsLearnedMeanAndScale() {
        Map<Long, Float> rows = Map.of(
                price(Vectorizer.NUMBER_VALUE), 2f,
                price(Vectorizer.NUMBER_MEAN), 10f,
                price(Vectorizer.NUMBER_SCALE), 0.5f);
        LinearModel model = new LinearModel(SPEC);
        LinearModel.Weights weights = key -> rows.getOrDefault(key, 0f);
        FeatureVector vector = new FeatureVector();
        vector.add(price(Vectorizer.NUMBER_VALUE), 14f);
        assertEquals(4f, model.logit(vector, 0, 1, 0f, weights));
        assertEquals(6f, model.input(price(Vectorizer.NUMBER_VALUE), 1e9f, weights));
        assertEquals(0f, model.input(price(Vectorizer.NUMBER_VALUE), 1e9f, key -> 0f));
    }

    /** FORMULAS: sgn is −1, 0, +1; taking the sign bit makes L1 grow negative weights. */
    @Test
    void l1ShrinksBothSigns() {
        Ftrl ftrl = new Ftrl(0.1, 1, 2, 0);
        double denominator = (1 + Math.sqrt(4)) / 0.1;
        assertEquals(-3 / denominator, FtrlRows.weight(5, 4, ftrl), 1e-12);
        assertEquals(3 / denominator, FtrlRows.weight(-5, 4, ftrl), 1e-12);
        assertEquals(0, FtrlRows.weight(2, 4, ftrl));
        assertEquals(0, FtrlRows.weight(-2, 4, ftrl));
    }

    /** Pinned, so that another machine, JIT or JDK that gives other bits is seen. */
    @Test
    void sigmoidGivesTheSameBitsEverywhere() {
        float[] inputs = {-40f, -7.25f, -1f, 0f, 0.1f, 1f, 3.5f, 16f, 40f};
        int[] bits = new int[inputs.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(LinearModel.sigmoid(inputs[i]));
        }
        assertArrayEquals(
                new int[] {
                    0x229cbc92,
                    0x3a3a092d,
                    0x3e89b2b1,
                    0x3f000000,
                    0x3f066509,
                    0x3f3b26a8,
                    0x3f787efe,
                    0x3f7ffffe,
                    0x3f800000
                },
                bits);
        for (float z = -20f; z < 20f; z += 0.001f) {
            assertEquals((float) (1 / (1 + StrictMath.exp(-z))), LinearModel.sigmoid(z));
        }
    }
}
