package dev.millrace.learner.step;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.ingest.spec.Update;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.network.Draw;
import dev.millrace.ps.network.Fields;
import dev.millrace.ps.network.NetworkModel;
import java.util.HashMap;
import java.util.Map;

/**
 * A whole step of every network written down plainly, in double precision, its gradients by finite differences: the golden
 * vectors of every {@link Step}.
 */
final class PlainLearner {
    private static final double STEP = 1e-5;

    private final ModelSpec spec;
    private final PlainNetwork network;
    private final Fields fields;
    private final int dim;
    final Map<Long, Row> rows = new HashMap<>();
    final double[] dense;
    private final double[] denseState;

    /** z and n of FTRL, the embedding, what its optimizer keeps; of a number's mean: mean, squares, count. */
    static final class Row {
        double z;
        double n;
        final double[] v;
        final double[] state;
        double mean;
        double m2;
        int seen;

        Row(int dim) {
            v = new double[dim];
            state = new double[2 * dim + 1];
        }
    }

    private record Feature(long id, int field, double x) {}

    PlainLearner(ModelSpec spec) {
        this.spec = spec;
        network = new PlainNetwork(spec);
        NetworkModel model = new NetworkModel(spec);
        fields = model.fields();
        dim = spec.network().dim();
        float[] first = model.initialLayers();
        dense = new double[first.length];
        for (int i = 0; i < first.length; i++) {
            dense[i] = first[i];
        }
        denseState = new double[2 * dense.length + 1];
    }

    private Row row(long id) {
        return rows.computeIfAbsent(id, key -> {
            Row made = new Row(dim);
            float[] drawn = new float[dim];
            Draw.embedding(id, spec.network().seed(), spec.network().initial(), drawn, 0, dim);
            for (int f = 0; f < dim; f++) {
                made.v[f] = drawn[f];
            }
            return made;
        });
    }

    private Feature feature(SampleBlock block, int f) {
        long id = block.featureId(f);
        double x = block.featureValue(f);
        int slot = FeatureIds.slotOf(id);
        if (slot == FeatureIds.slot("price")) {
            Row mean = row(FeatureIds.pack(slot, Vectorizer.NUMBER_MEAN));
            double scale = mean.seen < 2 || mean.m2 <= 0 ? 0 : Math.sqrt(mean.seen / mean.m2);
            x = Math.clamp((x - mean.mean) * scale, -6.0, 6.0);
        }
        return new Feature(id, fields.of(id), x);
    }

    private double[] outputs(Feature[] sample, double more) {
        double wide = more;
        double squares = 0;
        double[] x0 = new double[fields.count() * dim];
        for (Feature feature : sample) {
            Row row = row(feature.id());
            wide += feature.x() * FtrlRows.weight(row.z, row.n, spec.optimizer());
            for (int c = 0; feature.field() != Fields.WIDE_ONLY && c < dim; c++) {
                x0[feature.field() * dim + c] += feature.x() * row.v[c];
                squares += feature.x() * feature.x() * row.v[c] * row.v[c];
            }
        }
        return network.outputs(wide, squares, x0, dense);
    }

    /** Learns samples {@code from .. to-1} as one minibatch. @return their predictions, head by head */
    double[][] learn(SampleBlock block, int from, int to) {
        int n = to - from;
        Feature[][] samples = new Feature[n][];
        double[][] predictions = new double[n][];
        double[][] errors = new double[n][];
        double[] wideErrors = new double[n];
        for (int i = 0; i < n; i++) {
            int sample = from + i;
            samples[i] = new Feature[block.offset(sample + 1) - block.offset(sample)];
            for (int f = 0; f < samples[i].length; f++) {
                samples[i][f] = feature(block, block.offset(sample) + f);
            }
        }
        for (int i = 0; i < n; i++) {
            double[] z = outputs(samples[i], 0);
            predictions[i] = predictions(z);
            errors[i] = errors(block, from + i, z);
            double[] above = outputs(samples[i], STEP);
            double[] below = outputs(samples[i], -STEP);
            wideErrors[i] = slope(above, below, errors[i]);
        }
        Map<Long, double[]> vectors = vectorGradients(samples, errors);
        double[] layers = layerGradients(samples, errors);
        Map<Long, double[]> sums = new HashMap<>();
        for (int i = 0; i < n; i++) {
            for (Feature feature : samples[i]) {
                double g = wideErrors[i] * feature.x();
                double[] sum = sums.computeIfAbsent(feature.id(), k -> new double[3]);
                sum[0] += g;
                sum[1] += g * g;
                sum[2]++;
            }
        }
        sums.forEach((id, sum) -> {
            ftrl(row(id), sum[0], sum[1]);
            double[] g = vectors.get(id);
            if (g != null) {
                step(spec.network().embeddings(), row(id).v, g, sum[2], row(id).state, dim);
            }
        });
        for (int p = 0; p < dense.length; p++) {
            layers[p] /= n;
        }
        if (dense.length > 0) {
            step(spec.network().dense(), dense, layers, 1, denseState, dense.length);
        }
        for (int i = from; i < to; i++) {
            observe(block, i);
        }
        return predictions;
    }

    private double[] predictions(double[] z) {
        double[] predictions = new double[z.length];
        for (int head = 0; head < z.length; head++) {
            Objective objective = spec.heads().isEmpty()
                    ? spec.objective()
                    : spec.heads().all().get(head).objective();
            predictions[head] = objective == Objective.LOGISTIC ? 1 / (1 + Math.exp(-z[head])) : z[head];
        }
        return predictions;
    }

    private Map<Long, double[]> vectorGradients(Feature[][] samples, double[][] errors) {
        Map<Long, double[]> gradients = new HashMap<>();
        for (int i = 0; i < samples.length; i++) {
            Map<Long, Boolean> done = new HashMap<>();
            for (Feature feature : samples[i]) {
                if (feature.field() == Fields.WIDE_ONLY || done.put(feature.id(), true) != null) {
                    continue;
                }
                double[] v = row(feature.id()).v;
                double[] g = gradients.computeIfAbsent(feature.id(), k -> new double[dim]);
                for (int c = 0; c < dim; c++) {
                    g[c] += slope(v, c, samples[i], errors[i]);
                }
            }
        }
        return gradients;
    }

    private double[] layerGradients(Feature[][] samples, double[][] errors) {
        double[] gradients = new double[dense.length];
        for (int p = 0; p < dense.length; p++) {
            for (int i = 0; i < samples.length; i++) {
                gradients[p] += slope(dense, p, samples[i], errors[i]);
            }
        }
        return gradients;
    }

    /** Of Σ error·z over the outputs. */
    private double slope(double[] parameters, int at, Feature[] sample, double[] errors) {
        double w = parameters[at];
        parameters[at] = w + STEP;
        double[] above = outputs(sample, 0);
        parameters[at] = w - STEP;
        double[] below = outputs(sample, 0);
        parameters[at] = w;
        return slope(above, below, errors);
    }

    private static double slope(double[] above, double[] below, double[] errors) {
        double sum = 0;
        for (int head = 0; head < above.length; head++) {
            sum += errors[head] * (above[head] - below[head]) / (2 * STEP);
        }
        return sum;
    }

    /** ∂loss/∂z of each output. */
    private double[] errors(SampleBlock block, int sample, double[] z) {
        double[] errors = new double[z.length];
        for (int head = 0; head < z.length; head++) {
            boolean none = spec.heads().isEmpty();
            Objective objective =
                    none ? spec.objective() : spec.heads().all().get(head).objective();
            double scale = none ? 1 : spec.heads().all().get(head).weight();
            double corrected = 1 / (1 + Math.exp(-(z[head] - Math.log(block.keepRate(sample)))));
            double predicted = objective == Objective.LOGISTIC ? corrected : z[head];
            errors[head] = (predicted - block.label(sample, head)) * block.weight(sample, head) * scale;
        }
        return errors;
    }

    private void ftrl(Row row, double sum, double squares) {
        double w = FtrlRows.weight(row.z, row.n, spec.optimizer());
        double sigma = (Math.sqrt(row.n + squares) - Math.sqrt(row.n))
                / spec.optimizer().alpha();
        row.z += sum - sigma * w;
        row.n += squares;
    }

    private static void step(Update update, double[] w, double[] g, double weight, double[] state, int n) {
        double mean = 0;
        for (int i = 0; i < n; i++) {
            g[i] += update.l2() * weight * w[i];
            mean += g[i] * g[i] / n;
        }
        double steps = ++state[2 * n];
        double rowSum = state[0] + mean;
        for (int i = 0; i < n; i++) {
            switch (update.rule()) {
                case SGD -> w[i] -= update.rate() * g[i];
                case ADAGRAD -> {
                    state[i] += g[i] * g[i];
                    w[i] -= update.rate() * g[i] / (Math.sqrt(state[i]) + 1e-8);
                }
                case ROWADAGRAD -> {
                    state[0] = rowSum;
                    w[i] -= update.rate() * g[i] / (Math.sqrt(rowSum) + 1e-8);
                }
                case ADAM -> {
                    state[i] = 0.9 * state[i] + 0.1 * g[i];
                    state[n + i] = 0.999 * state[n + i] + 0.001 * g[i] * g[i];
                    double m = state[i] / (1 - Math.pow(0.9, steps));
                    double v = state[n + i] / (1 - Math.pow(0.999, steps));
                    w[i] -= update.rate() * m / (Math.sqrt(v) + 1e-8);
                }
            }
        }
    }

    private void observe(SampleBlock block, int sample) {
        for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
            int slot = FeatureIds.slotOf(block.featureId(f));
            if (slot == FeatureIds.slot("price")) {
                Row mean = row(FeatureIds.pack(slot, Vectorizer.NUMBER_MEAN));
                double delta = block.featureValue(f) - mean.mean;
                mean.seen++;
                mean.mean += delta / mean.seen;
                mean.m2 += delta * (block.featureValue(f) - mean.mean);
            }
        }
    }
}
