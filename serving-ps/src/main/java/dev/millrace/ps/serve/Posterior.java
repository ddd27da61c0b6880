package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.spec.Explore;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.LinearModel;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Draws a linear model's weights from what is known of them, and scores the same request with each draw.
 *
 * <p>Thompson sampling with a diagonal Gaussian posterior (Chapelle and Li 2011, Algorithm 3): wᵢ ~ N(mᵢ, s²/qᵢ), where mᵢ is
 * the served weight and qᵢ its precision. FTRL has that already: nᵢ = Σg² (McMahan et al. 2013), with g = (p − y)·x, whose
 * mean is the Fisher information p(1 − p)·x² where the model is calibrated, so qᵢ = β/α + λ₂ + nᵢ: the strength with which FTRL
 * holds a weight that it knows nothing of, plus what it has seen. A key without a row is drawn from N(0, s²·α/(β + α·λ₂)).
 *
 * <p>A weight's draw follows from the draw's seed and the weight's key alone, so items that share a feature share its draw,
 * as they must, and the same seed gives the same bits. Features that all items share move all of them alike and are left
 * at their means. O(features · draws). Safe for many threads.
 */
final class Posterior {
    /** Floats of a row: its weight and its n. */
    static final int WIDTH = 2;

    private static final long STEP = 0x9E3779B97F4A7C15L;

    private final LinearModel model;
    private final WeightReader reader;
    private final double prior;
    private final double scale;

    private Posterior(ModelSpec spec, Explore.Thompson thompson, WeightReader reader) {
        Ftrl ftrl = spec.optimizer();
        model = new LinearModel(spec);
        this.reader = reader;
        prior = ftrl.beta() / ftrl.alpha() + ftrl.l2();
        scale = thompson.scale();
    }

    /** Null when the spec asks for no draws. */
    static @Nullable Posterior orNull(ModelSpec spec, WeightReader reader) {
        Explore.Thompson thompson = spec.explore().thompson();
        return thompson == null ? null : new Posterior(spec, thompson, reader);
    }

    /** @throws IllegalStateException when there is none */
    static Posterior of(@Nullable Posterior posterior) {
        if (posterior == null) {
            throw new IllegalStateException("the model's spec asks for no draws: explore.thompson");
        }
        return posterior;
    }

    /**
     * @param scores receives each item's, by the weights as they serve
     * @param draws {@code [draw][item]}, receives the sum z that each item has with each draw
     * @return the version that scored
     */
    long score(RequestVector request, long seed, float[] scores, float[][] draws) {
        FeatureVector vector = request.vector();
        Long2IntOpenHashMap places = GatheredScore.places(model, vector);
        long[] keys = new long[places.size()];
        places.long2IntEntrySet().fastForEach(e -> keys[e.getIntValue()] = e.getLongKey());
        float[] rows = new float[keys.length * WIDTH];
        long version = reader.read(keys, keys.length, rows).sequence();
        LinearModel.Weights weights = key -> rows[places.get(key) * WIDTH];
        float base = model.logit(vector, 0, request.shared(), 0f, weights);
        double[] moved = new double[draws.length];
        int from = request.shared();
        for (int item = 0; item < request.items(); item++) {
            ScoreTime.check(item);
            int to = request.end(item);
            float z = model.logit(vector, from, to, base, weights);
            scores[item] = model.output(z);
            Arrays.fill(moved, 0);
            for (int i = from; i < to; i++) {
                long key = vector.id(i);
                double n = rows[places.get(key) * WIDTH + 1];
                double deviation = scale * model.input(key, vector.value(i), weights) / Math.sqrt(prior + n);
                move(moved, key, deviation, seed);
            }
            for (int draw = 0; draw < draws.length; draw++) {
                draws[draw][item] = (float) (z + moved[draw]);
            }
            from = to;
        }
        return version;
    }

    private static void move(double[] moved, long key, double deviation, long seed) {
        for (int draw = 0; draw < moved.length; draw++) {
            moved[draw] += deviation * NormalTable.at(seed + draw * STEP, key);
        }
    }
}
