package dev.millrace.learner.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.network.Batch;
import dev.millrace.ps.network.NetworkModel;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Forward against the plain network, backward against its finite differences. */
class GradientTest {
    private static final int SAMPLES = 9;
    private static final double STEP = 1e-6;

    @ParameterizedTest
    @MethodSource("dev.millrace.learner.step.NetworkSpecs#all")
    void agreesWithFiniteDifferences(String network) {
        long seed = 3;
        Random random = new Random(seed);
        ModelSpec spec = NetworkSpecs.spec(network);
        NetworkModel model = new NetworkModel(spec);
        PlainNetwork plain = new PlainNetwork(spec);
        int dim = spec.network().dim();
        int fields = model.fields().count();
        float[] dense = model.initialLayers();
        for (int i = 0; i < model.parameters(); i++) {
            dense[i] += 0.1f * (float) random.nextGaussian();
        }
        Batch batch = model.newBatch();
        batch.begin(SAMPLES);
        double[] wide = new double[SAMPLES];
        double[] squares = new double[SAMPLES];
        double[][] embedded = new double[SAMPLES][fields * dim];
        for (int i = 0; i < SAMPLES; i++) {
            for (int f = 0; f < fields; f++) {
                float[] row = row(dim, random);
                float x = 0.5f + random.nextFloat();
                batch.add(i, f, x, row, 0);
                wide[i] += row[0] * (double) x;
                for (int c = 0; c < dim; c++) {
                    embedded[i][f * dim + c] += row[1 + c] * (double) x;
                    squares[i] += row[1 + c] * row[1 + c] * (double) x * x;
                }
            }
        }
        model.forward(batch, dense);
        double[] doubles = doubles(dense);
        float[] coefficients = new float[SAMPLES];
        for (int i = 0; i < SAMPLES; i++) {
            assertEquals(
                    plain.output(wide[i], squares[i], embedded[i], doubles), batch.output(i), 1e-5, "seed " + seed);
            coefficients[i] = (float) random.nextGaussian();
            batch.outputGradient(i, coefficients[i]);
        }
        float[] gradient = new float[dense.length];
        model.backward(batch, dense, gradient);
        for (int i = 0; i < SAMPLES; i++) {
            for (int c = 0; c < fields * dim; c++) {
                double x = embedded[i][c];
                embedded[i][c] = x + STEP;
                double above = plain.output(wide[i], squares[i], embedded[i], doubles);
                embedded[i][c] = x - STEP;
                double below = plain.output(wide[i], squares[i], embedded[i], doubles);
                embedded[i][c] = x;
                double expected = coefficients[i] * (above - below) / (2 * STEP);
                float actual = batch.embeddedGradients()[batch.gradientAt(i, 0) + c];
                assertEquals(expected, actual, 2e-4 * (1 + Math.abs(expected)), "embedding " + c + " of sample " + i);
            }
        }
        assertTrue(layers(plain, wide, squares, embedded, doubles, coefficients, gradient, model.parameters()));
    }

    private static boolean layers(
            PlainNetwork plain,
            double[] wide,
            double[] squares,
            double[][] embedded,
            double[] dense,
            float[] coefficients,
            float[] gradient,
            int parameters) {
        for (int p = 0; p < parameters; p++) {
            double w = dense[p];
            double expected = 0;
            for (int i = 0; i < SAMPLES; i++) {
                dense[p] = w + STEP;
                double above = plain.output(wide[i], squares[i], embedded[i], dense);
                dense[p] = w - STEP;
                double below = plain.output(wide[i], squares[i], embedded[i], dense);
                dense[p] = w;
                expected += coefficients[i] * (above - below) / (2 * STEP);
            }
            assertEquals(expected, gradient[p], 2e-4 * (1 + Math.abs(expected)), "parameter " + p);
        }
        return true;
    }

    private static double[] doubles(float[] values) {
        double[] copy = new double[values.length];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = values[i];
        }
        return copy;
    }

    private static float[] row(int dim, Random random) {
        float[] row = new float[1 + dim];
        for (int i = 0; i < row.length; i++) {
            row[i] = (float) (0.5 * random.nextGaussian());
        }
        return row;
    }
}
