package dev.millrace.learner.step;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;

/**
 * Running mean and variance of standardized numbers, rows of the model as any other (Welford 1962); and what a key weighs,
 * them included. Belongs to the thread that owns the table.
 */
final class NumberRows {
    private final LinearModel model;
    private final FtrlRows rows;
    private final ParameterTable table;
    private final RowLife life;

    NumberRows(ModelSpec spec, ParameterTable table, RowLife life) {
        this.model = new LinearModel(spec);
        this.rows = new FtrlRows(spec);
        this.table = table;
        this.life = life;
    }

    /** The weight of a key's row; of a number's mean and scale, these. */
    float weight(long key) {
        int slot = FeatureIds.slotOf(key);
        if (key == FeatureIds.pack(slot, Vectorizer.NUMBER_SCALE)
                && model.isStandardized(FeatureIds.pack(slot, Vectorizer.NUMBER_VALUE))) {
            long mean = table.find(FeatureIds.pack(slot, Vectorizer.NUMBER_MEAN));
            return mean == ParameterTable.MISSING ? 0f : FtrlRows.scale(table, mean);
        }
        return rows.weight(table, key, table.find(key));
    }

    /** Takes note of a value; over an exponential window once it is full, which floats bear and drift needs. */
    void observe(long id, float x, long sampleId, int second, Step.Touched touched) {
        long key = FeatureIds.pack(FeatureIds.slotOf(id), Vectorizer.NUMBER_MEAN);
        long row = life.rowFor(key, 1);
        if (row == ParameterTable.MISSING) {
            return;
        }
        long seen = Math.min(FtrlRows.WINDOW, 1 + Integer.toUnsignedLong(table.getInt(row, RowLayout.UPDATES)));
        double kept = seen < FtrlRows.WINDOW ? 1 : 1 - 1.0 / FtrlRows.WINDOW;
        float mean = table.getFloat(row, RowLayout.Z);
        double delta = x - mean;
        float newMean = (float) (mean + delta / seen);
        float newSquares = (float) (table.getFloat(row, RowLayout.N) * kept + delta * (x - newMean));
        if (Float.isFinite(newMean) && Float.isFinite(newSquares)) {
            table.setFloat(row, RowLayout.Z, newMean);
            table.setFloat(row, RowLayout.N, newSquares);
            life.learned(row, 1, sampleId, second);
            if (table.getInt(row, RowLayout.UPDATES) == 0) {
                // All of 2³² counted: still a full window, not a new one.
                table.setInt(row, RowLayout.UPDATES, -1);
            }
            touched.key(key);
        }
    }
}
