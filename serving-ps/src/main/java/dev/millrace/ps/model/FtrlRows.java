package dev.millrace.ps.model;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;

/** Reads a training row as what it serves: FTRL's weight, or the mean and scale of a standardized number. */
public final class FtrlRows {
    private final Ftrl ftrl;
    private final long[] means;

    /** Takes one serving row. */
    @FunctionalInterface
    public interface Sink {
        void row(long key, float weight);
    }

    public FtrlRows(ModelSpec spec) {
        ftrl = spec.optimizer();
        means = spec.slots().stream()
                .filter(Slot::standardize)
                .mapToLong(s -> FeatureIds.pack(FeatureIds.slot(s.name()), Vectorizer.NUMBER_MEAN))
                .toArray();
    }

    /** Most serving rows that one training row makes. */
    public static final int MAX_SERVED = 2;

    /** Every serving row that this training row makes. */
    public void serve(ParameterTable training, long row, Sink sink) {
        long key = training.key(row);
        if (Arrays.stream(means).anyMatch(mean -> mean == key)) {
            sink.row(key, training.getFloat(row, RowLayout.Z));
            sink.row(FeatureIds.pack(FeatureIds.slotOf(key), Vectorizer.NUMBER_SCALE), scale(training, row));
        } else {
            sink.row(key, weight(training, row));
        }
    }

    /** What a key weighs in the training table, by the same rule; 0 without a row. */
    public float weight(ParameterTable training, long key, long row) {
        if (row == ParameterTable.MISSING) {
            return 0f;
        }
        return Arrays.stream(means).anyMatch(mean -> mean == key)
                ? training.getFloat(row, RowLayout.Z)
                : weight(training, row);
    }

    /** 1 / standard deviation of a mean's row; 0 before it varies, so that the number has no effect yet. */
    public static float scale(ParameterTable training, long row) {
        int count = training.getInt(row, RowLayout.UPDATES);
        float m2 = training.getFloat(row, RowLayout.N);
        return count < 2 || m2 <= 0 ? 0f : (float) Math.sqrt(Integer.toUnsignedLong(count) / (double) m2);
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
