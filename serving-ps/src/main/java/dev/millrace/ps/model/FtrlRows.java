package dev.millrace.ps.model;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;

/** Reads a training row as what it serves: FTRL's weight, or the mean and scale of a standardized number. */
public final class FtrlRows {
    /**
     * Samples that a standardized number's mean and deviation remember. Up to as many, they are plain averages; then
     * each sample weighs 1 / WINDOW and what came before fades by 1 − 1 / WINDOW. So a float's sum stays bounded, a new
     * value never drowns in it, and the scale follows when the numbers drift.
     */
    public static final int WINDOW = 1 << 16;

    /** Most serving rows that one training row makes. */
    public static final int MAX_SERVED = 2;

    private final Ftrl ftrl;
    private final long[] means;
    private final int width;
    private final boolean uncertain;

    /** Takes one serving row. */
    @FunctionalInterface
    public interface Sink {
        void row(long key, float weight);
    }

    public FtrlRows(ModelSpec spec) {
        ftrl = spec.optimizer();
        width = spec.rowWidth();
        uncertain = spec.explore().thompson() != null;
        means = spec.slots().stream()
                .filter(Slot::standardize)
                .mapToLong(s -> FeatureIds.pack(FeatureIds.slot(s.name()), Vectorizer.NUMBER_MEAN))
                .toArray();
    }

    /** Every serving row that this training row makes. */
    public void serve(ParameterTable training, long row, Sink sink) {
        long key = training.key(row);
        if (isMean(key)) {
            sink.row(key, training.getFloat(row, RowLayout.Z));
            sink.row(FeatureIds.pack(FeatureIds.slotOf(key), Vectorizer.NUMBER_SCALE), scale(training, row));
        } else {
            sink.row(key, weight(training, row));
        }
    }

    /**
     * The same with vectors, or with n where weights are drawn. Of the rows of a network's layers those serve that are no optimizer's.
     *
     * @param scratch as long as the model's rows are
     */
    void serve(ParameterTable training, long row, float[] scratch, RowSink sink) {
        long key = training.key(row);
        if (FeatureIds.isDenseState(key)) {
            return;
        }
        if (uncertain) {
            scratch[1] = isMean(key) ? 0f : training.getFloat(row, RowLayout.N);
        } else if (width > 1) {
            training.getFloats(row, training.layout().vector(), scratch, 1, width - 1);
        }
        serve(training, row, (served, weight) -> {
            scratch[0] = weight;
            sink.row(served, scratch);
        });
    }

    int width() {
        return width;
    }

    /** What a key weighs in the training table, by the same rule; 0 without a row. */
    public float weight(ParameterTable training, long key, long row) {
        if (row == ParameterTable.MISSING) {
            return 0f;
        }
        return isMean(key) ? training.getFloat(row, RowLayout.Z) : weight(training, row);
    }

    /** Whether a row of this key is the mean of a standardized number, and of its scale too. */
    public boolean isMean(long key) {
        for (long mean : means) {
            if (mean == key) {
                return true;
            }
        }
        return false;
    }

    /** How many samples a mean's row stands for, given its update count, which is unsigned: at most the window. */
    public static int observed(int updates) {
        return Integer.compareUnsigned(updates, WINDOW) < 0 ? updates : WINDOW;
    }

    /** 1 / standard deviation of a mean's row; 0 before it varies, so that the number has no effect yet. */
    public static float scale(ParameterTable training, long row) {
        int count = observed(training.getInt(row, RowLayout.UPDATES));
        float m2 = training.getFloat(row, RowLayout.N);
        return count < 2 || m2 <= 0 ? 0f : (float) Math.sqrt(count / (double) m2);
    }

    private float weight(ParameterTable training, long row) {
        return (float) weight(training.getFloat(row, RowLayout.Z), training.getFloat(row, RowLayout.N), ftrl);
    }

    /** w = 0 where |z| ≤ λ1, else −(z − sgn(z)·λ1) / ((β + √n)/α + λ2) (McMahan et al. 2013, Algorithm 1). */
    public static double weight(double z, double n, Ftrl ftrl) {
        if (Math.abs(z) <= ftrl.l1()) {
            return 0;
        }
        return -(z - Math.signum(z) * ftrl.l1()) / ((ftrl.beta() + Math.sqrt(n)) / ftrl.alpha() + ftrl.l2());
    }
}
