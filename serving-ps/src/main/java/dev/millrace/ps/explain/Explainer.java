package dev.millrace.ps.explain;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.network.Fields;
import dev.millrace.ps.network.NetworkModel;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes logits apart; of a model with heads, the first one's. A linear model's parts are its terms wᵢ·xᵢ. A network's are its integrated gradients (Sundararajan,
 * Taly, Yan 2017) on the straight path from no feature to all of them, α·x for α from 0 to 1: φᵢ = xᵢ·∫ ∂z/∂xᵢ(α·x) dα,
 * with what the layers give at α = 0 as the base. Where features meet in pairs only (fm, mf, fwfm) each gets half of every
 * pair that it is in, which is its Shapley value (Shapley 1953), and the integral is exact.
 *
 * <p>The integral is by three points of Gauss an interval, halved where the sum does not give the interval's own
 * difference of z, as at the kinks of a perceptron. What is still missing then ({@link Explained#rest}) is spread over the
 * contributions by their sizes.
 */
public final class Explainer {
    private static final double[] POINTS = {0.5 - Math.sqrt(0.15), 0.5, 0.5 + Math.sqrt(0.15)};
    private static final double[] SHARES = {5 / 18.0, 8 / 18.0, 5 / 18.0};
    private static final int DEPTH = 12;
    private static final double TOLERANCE = 1e-6;

    private final ModelSpec spec;
    private final Vectorizer vectorizer;
    private final LinearModel inputs;
    private final Fields fields;
    private final int dim;
    private final int denseRows;

    public Explainer(ModelSpec spec) {
        this.spec = spec;
        vectorizer = new Vectorizer(spec);
        inputs = new LinearModel(spec);
        fields = new Fields(spec);
        dim = spec.network().dim();
        denseRows = spec.network().isLinear() ? 0 : new NetworkModel(spec).denseRows();
    }

    /** An item's features and its request's, as they are scored. */
    public FeatureVector vector(RawFeatures request, RawFeatures item) {
        FeatureVector vector = new FeatureVector();
        Vectorizer.Request hashed = vectorizer.newRequest();
        vectorizer.request(request, hashed, vector);
        vectorizer.item(item, hashed, vector);
        return vector;
    }

    /** The keys of all rows that explaining the vectors needs, those of the layers at the end, once each. */
    public long[] keys(List<FeatureVector> vectors) {
        Long2IntOpenHashMap places = new Long2IntOpenHashMap();
        vectors.forEach(vector -> inputs.places(vector, places));
        long[] keys = new long[places.size() + denseRows];
        places.long2IntEntrySet().fastForEach(e -> keys[e.getIntValue()] = e.getLongKey());
        for (int i = 0; i < denseRows; i++) {
            keys[places.size() + i] = FeatureIds.dense(i);
        }
        return keys;
    }

    /** Floats of a row: the weight, the embedding, and what else the spec has rows for. */
    public int width() {
        return spec.rowWidth();
    }

    /** What the logit answers as: a probability, or, of a model of values, itself. */
    public double output(double logit) {
        return inputs.output((float) logit);
    }

    /**
     * @param keys of {@link #keys}
     * @param rows of the keys, all of one version
     */
    public Explained explain(FeatureVector vector, long[] keys, float[] rows) {
        Long2IntOpenHashMap places = new Long2IntOpenHashMap(keys.length);
        for (int i = 0; i < keys.length; i++) {
            places.put(keys[i], i * width());
        }
        int n = vector.size();
        double[] contributions = new double[n];
        float[] x = new float[n];
        double logit = 0;
        for (int i = 0; i < n; i++) {
            long id = vector.id(i);
            x[i] = inputs.input(id, vector.value(i), key -> rows[places.get(key)]);
            contributions[i] = (double) x[i] * rows[places.get(id)];
            logit += contributions[i];
        }
        if (spec.network().isLinear()) {
            return new Explained(logit, 0, contributions, 0);
        }
        return new Path(vector, x, places, rows).explained(contributions, logit);
    }

    /** The way of one vector from no feature to all of them. */
    private final class Path {
        private final NetworkModel network = new NetworkModel(spec);
        private final dev.millrace.ps.network.Batch batch = network.newBatch();
        private final FeatureVector vector;
        private final float[] x;
        private final Long2IntOpenHashMap places;
        private final float[] rows;
        private final float[] dense;
        private final float[] scratch;
        private final List<Integer> embedded = new ArrayList<>();
        private double missed;

        Path(FeatureVector vector, float[] x, Long2IntOpenHashMap places, float[] rows) {
            this.vector = vector;
            this.x = x;
            this.places = places;
            this.rows = rows;
            dense = new float[denseRows * dim];
            for (int i = 0; i < denseRows; i++) {
                System.arraycopy(rows, places.get(FeatureIds.dense(i)) + 1, dense, i * dim, dim);
            }
            scratch = new float[Math.max(dense.length, network.parameters())];
            for (int i = 0; i < x.length; i++) {
                if (fields.of(vector.id(i)) != Fields.WIDE_ONLY) {
                    embedded.add(i);
                }
            }
        }

        /** @param contributions those of the wide part; receives the others */
        Explained explained(double[] contributions, double wide) {
            float factor = network.wideFactor(dense);
            for (int i = 0; i < contributions.length; i++) {
                contributions[i] *= factor;
            }
            double[] gained = new double[x.length];
            double none = forward(0);
            double all = forward(1);
            integrate(0, 1, none, all, DEPTH, gained);
            double sum = 0;
            double size = 0;
            for (int i : embedded) {
                sum += gained[i];
                size += Math.abs(gained[i]);
            }
            double rest = all - none - sum;
            for (int i : embedded) {
                double share = size == 0 ? 1.0 / embedded.size() : Math.abs(gained[i]) / size;
                contributions[i] += gained[i] + rest * share;
            }
            return new Explained(factor * wide + all, none, contributions, missed);
        }

        /** z at α without the wide part; the batch is left with its state there. */
        private double forward(double alpha) {
            batch.begin(1);
            float[] row = new float[width()];
            for (int i : embedded) {
                System.arraycopy(rows, places.get(vector.id(i)) + 1, row, 1, dim);
                batch.add(0, fields.of(vector.id(i)), (float) (x[i] * alpha), row, 0);
            }
            network.forward(batch, dense);
            return batch.output(0);
        }

        private void integrate(double from, double to, double zFrom, double zTo, int depth, double[] gained) {
            double[] here = new double[x.length];
            double sum = 0;
            for (int k = 0; k < POINTS.length; k++) {
                double alpha = from + POINTS[k] * (to - from);
                var unused = forward(alpha);
                batch.outputGradient(0, 1f);
                network.backward(batch, dense, scratch);
                for (int i : embedded) {
                    double part = SHARES[k] * (to - from) * alongPath(i, alpha);
                    here[i] += part;
                    sum += part;
                }
            }
            if (depth == 0 || Math.abs(zTo - zFrom - sum) <= TOLERANCE) {
                missed += zTo - zFrom - sum;
                for (int i : embedded) {
                    gained[i] += here[i];
                }
                return;
            }
            double middle = (from + to) / 2;
            double z = forward(middle);
            integrate(from, middle, zFrom, z, depth - 1, gained);
            integrate(middle, to, z, zTo, depth - 1, gained);
        }

        /** ∂z/∂α through one feature. */
        private double alongPath(int i, double alpha) {
            int gradient = batch.gradientAt(0, fields.of(vector.id(i)));
            int row = places.get(vector.id(i)) + 1;
            double sum = 0;
            double square = 0;
            for (int f = 0; f < dim; f++) {
                double product = (double) x[i] * rows[row + f];
                sum += product * batch.embeddedGradients()[gradient + f];
                square += product * product;
            }
            return network.pairsOfOne() ? sum - alpha * square : sum;
        }
    }
}
