package dev.millrace.learner.step;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.TrainingLayout;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every step does, on whatever it runs: the same as the plain learner, minibatch after minibatch. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StepContract {
    abstract Step create(ModelSpec spec, ParameterTable table, RowLife life);

    /** Those that the step has a form for. */
    Stream<String> networks() {
        return NetworkSpecs.networks();
    }

    @ParameterizedTest
    @MethodSource("networks")
    void learnsAsThePlainLearner(String network) {
        long seed = 17;
        Random random = new Random(seed);
        ModelSpec spec = NetworkSpecs.spec(network);
        ParameterTable table = new OffHeapTable(TrainingLayout.of(spec), 100_000);
        Step step = create(spec, table, new RowLife(spec, table));
        PlainLearner plain = new PlainLearner(spec);
        int batch = spec.network().batch();
        int samples = 0;
        for (int round = 0; round < 8; round++) {
            int count = Math.max(5, batch + batch / 2);
            SampleBlock block = NetworkSpecs.samples(spec, random, samples, count);
            float[] predictions = new float[count * spec.heads().labels()];
            assertEquals(count, step.learn(block, IntStream.range(0, count).toArray(), count, predictions, key -> {}));
            for (int from = 0; from < count; from += batch) {
                double[][] expected = plain.learn(block, from, Math.min(count, from + batch));
                for (int i = 0; i < expected.length; i++) {
                    for (int head = 0; head < expected[i].length; head++) {
                        double bound = 2e-4 * (1 + Math.abs(expected[i][head]));
                        float actual = predictions[head * count + from + i];
                        assertEquals(expected[i][head], actual, bound, "round " + round + ", seed " + seed);
                    }
                }
            }
            samples += count;
        }
        step.flush(key -> {});
        step.close();
        compareRows(spec, table, plain);
        assertEquals(samples, table.getInt(table.find(FeatureIds.BIAS), RowLayout.UPDATES));
    }

    private static void compareRows(ModelSpec spec, ParameterTable table, PlainLearner plain) {
        int dim = spec.network().dim();
        float[] vector = new float[dim];
        int compared = 0;
        for (var entry : plain.rows.entrySet()) {
            long key = entry.getKey();
            if (FeatureIds.slotOf(key) == FeatureIds.slot("price")
                    && key != FeatureIds.pack(FeatureIds.slot("price"), Vectorizer.NUMBER_VALUE)) {
                continue;
            }
            long row = table.find(key);
            PlainLearner.Row expected = entry.getValue();
            assertEquals(expected.z, table.getFloat(row, RowLayout.Z), 1e-3 * (1 + Math.abs(expected.z)));
            assertEquals(expected.n, table.getFloat(row, RowLayout.N), 1e-3 * (1 + expected.n));
            table.getFloats(row, table.layout().vector(), vector, 0, dim);
            if (vector[0] != 0) {
                assertArrayEquals(expected.v, doubles(vector), 1e-3);
                compared++;
            }
        }
        assertTrue(compared > 20, compared + " embeddings compared");
        for (int i = 0; i < plain.dense.length; i += dim) {
            table.getFloats(
                    table.find(FeatureIds.dense(i / dim)), table.layout().vector(), vector, 0, dim);
            for (int c = 0; c < dim; c++) {
                assertEquals(plain.dense[i + c], vector[c], 1e-3, "layer parameter " + (i + c));
            }
        }
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }
}
