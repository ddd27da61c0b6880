package dev.millrace.ps.model;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.delta.WeightRounding;
import dev.millrace.ps.table.ParameterTable;

/**
 * Training rows as they travel and serve: {@link FtrlRows} with the weights rounded as the spec's {@code policies.weights}
 * says. Mean and scale of a standardized number are never rounded: they may be of any size. Belongs to one thread.
 */
public final class ServedRows {
    private final FtrlRows rows;
    private final WeightRounding rounding;
    private final WeightRounding uncounted;
    private final float[] scratch;

    public ServedRows(ModelSpec spec) {
        rows = new FtrlRows(spec);
        rounding = new WeightRounding(spec.policies().weights());
        uncounted = new WeightRounding(spec.policies().weights());
        scratch = new float[rows.width()];
    }

    /** Every serving row that this training row makes. */
    public void serve(ParameterTable training, long row, FtrlRows.Sink sink) {
        serve(training, row, rounding, sink);
    }

    /** {@link FtrlRows#isMean}. */
    public boolean isMean(long key) {
        return rows.isMean(key);
    }

    /** Floats of a serving row. */
    public int width() {
        return rows.width();
    }

    /** {@link #serve} with the vectors. */
    public void serveRows(ParameterTable training, long row, RowSink sink) {
        serve(training, row, rounding, sink);
    }

    /** {@link #serveAgain} with the vectors. */
    public void serveRowsAgain(ParameterTable training, long row, RowSink sink) {
        serve(training, row, uncounted, sink);
    }

    /** {@link #gone} with vectors, which are zero. */
    public void goneRows(long trainingKey, RowSink sink) {
        java.util.Arrays.fill(scratch, 0f);
        gone(trainingKey, (key, weight) -> {
            scratch[0] = weight;
            sink.row(key, scratch);
        });
    }

    private void serve(ParameterTable training, long row, WeightRounding by, RowSink sink) {
        if (rows.width() > 1) {
            rows.serve(training, row, scratch, sink);
        } else {
            serve(training, row, by, (FtrlRows.Sink) (key, weight) -> {
                scratch[0] = weight;
                sink.row(key, scratch);
            });
        }
    }

    /** The same of a row that was served before, so that nothing is counted. */
    public void serveAgain(ParameterTable training, long row, FtrlRows.Sink sink) {
        serve(training, row, uncounted, sink);
    }

    /** What of a training row that is gone served: as tombstones. */
    public void gone(long trainingKey, FtrlRows.Sink sink) {
        sink.row(trainingKey, Float.NaN);
        if (rows.isMean(trainingKey)) {
            sink.row(ServingKeys.scaleOf(trainingKey), Float.NaN);
        }
    }

    private void serve(ParameterTable training, long row, WeightRounding by, FtrlRows.Sink sink) {
        if (rows.isMean(training.key(row))) {
            rows.serve(training, row, sink);
        } else {
            rows.serve(training, row, (key, weight) -> sink.row(key, by.round(key, weight)));
        }
    }

    /** Weights so far that were too large for their format. */
    public long saturated() {
        return rounding.saturated();
    }
}
