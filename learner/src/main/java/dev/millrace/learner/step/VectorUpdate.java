package dev.millrace.learner.step;

import dev.millrace.ingest.spec.Update;

/**
 * Steps of the optimizers that {@link Update.Rule} names over part of an array, w ← w − η·…; g has the ridge's l2·w added
 * first. No step where a gradient is not finite.
 */
final class VectorUpdate {
    private static final float EPSILON = 1e-8f;
    private static final float BETA1 = 0.9f;
    private static final float BETA2 = 0.999f;

    private final Update.Rule rule;
    private final float rate;
    private final float l2;

    VectorUpdate(Update update) {
        rule = update.rule();
        rate = (float) update.rate();
        l2 = (float) update.l2();
    }

    /**
     * @param g gradient of {@code w[at .. at+n-1]} from {@code gAt} on; changed
     * @param weight of the ridge: how often it counts
     * @param state what the rule keeps, from {@code stateAt} on: ADAGRAD n sums, ROWADAGRAD one, ADAM n first and n second
     *     moments and the number of steps, SGD nothing
     * @return false, and w and state as they were, when a gradient is not finite
     */
    boolean step(float[] w, int at, float[] g, int gAt, int n, float weight, float[] state, int stateAt) {
        float ridge = l2 * weight;
        float sum = 0;
        for (int i = 0; i < n; i++) {
            g[gAt + i] = Math.fma(ridge, w[at + i], g[gAt + i]);
            sum += g[gAt + i] * g[gAt + i];
        }
        if (!Float.isFinite(sum)) {
            return false;
        }
        switch (rule) {
            case ADAGRAD -> adagrad(w, at, g, gAt, n, state, stateAt);
            case ROWADAGRAD -> {
                state[stateAt] += sum / n;
                plain(w, at, g, gAt, n, rate / ((float) Math.sqrt(state[stateAt]) + EPSILON));
            }
            case ADAM -> adam(w, at, g, gAt, n, state, stateAt);
            case SGD -> plain(w, at, g, gAt, n, rate);
        }
        return true;
    }

    /** Duchi et al. 2011. */
    private void adagrad(float[] w, int at, float[] g, int gAt, int n, float[] state, int stateAt) {
        for (int i = 0; i < n; i++) {
            float squares = Math.fma(g[gAt + i], g[gAt + i], state[stateAt + i]);
            state[stateAt + i] = squares;
            w[at + i] -= rate * g[gAt + i] / ((float) Math.sqrt(squares) + EPSILON);
        }
    }

    private static void plain(float[] w, int at, float[] g, int gAt, int n, float step) {
        for (int i = 0; i < n; i++) {
            w[at + i] = Math.fma(-step, g[gAt + i], w[at + i]);
        }
    }

    /** Kingma and Ba 2015, Algorithm 1, bias-corrected. */
    private void adam(float[] w, int at, float[] g, int gAt, int n, float[] state, int stateAt) {
        float steps = state[stateAt + 2 * n] + 1;
        state[stateAt + 2 * n] = steps;
        float first = (float) (rate / (1 - Math.pow(BETA1, steps)));
        float second = (float) (1 / (1 - Math.pow(BETA2, steps)));
        for (int i = 0; i < n; i++) {
            float gradient = g[gAt + i];
            float m = BETA1 * state[stateAt + i] + (1 - BETA1) * gradient;
            float v = BETA2 * state[stateAt + n + i] + (1 - BETA2) * gradient * gradient;
            state[stateAt + i] = m;
            state[stateAt + n + i] = v;
            w[at + i] -= first * m / ((float) Math.sqrt(v * second) + EPSILON);
        }
    }

    /** Floats of state for n parameters. */
    int stateFloats(int n) {
        return switch (rule) {
            case ADAGRAD -> n;
            case ROWADAGRAD -> 1;
            case ADAM -> 2 * n + 1;
            case SGD -> 0;
        };
    }
}
