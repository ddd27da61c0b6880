package dev.millrace.learner.step;

import java.util.EnumMap;
import java.util.Map;

/** Time that each stage of minibatches took, wall clock. Belongs to the step's thread. */
public final class StageTimes {
    /** In their order. */
    public enum Stage {
        /** Features to distinct keys. */
        MERGE,
        /** Rows found or born, and read. */
        PULL,
        /** Forward and backward. */
        COMPUTE,
        /** Gradients to rows and layers. */
        PUSH
    }

    private final long[] ns = new long[Stage.values().length];

    /** Adds what has passed since {@code startNs}. @return now */
    long end(Stage stage, long startNs) {
        long nowNs = System.nanoTime();
        ns[stage.ordinal()] += nowNs - startNs;
        return nowNs;
    }

    /** Each stage's share of the sum; zeros before anything was learned. */
    public Map<Stage, Double> shares() {
        long sum = 0;
        for (long one : ns) {
            sum += one;
        }
        Map<Stage, Double> shares = new EnumMap<>(Stage.class);
        for (Stage stage : Stage.values()) {
            shares.put(stage, sum == 0 ? 0 : (double) ns[stage.ordinal()] / sum);
        }
        return shares;
    }
}
