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

    public ServedRows(ModelSpec spec) {
        rows = new FtrlRows(spec);
        rounding = new WeightRounding(spec.policies().weights());
        uncounted = new WeightRounding(spec.policies().weights());
    }

    /** Every serving row that this training row makes. */
    public void serve(ParameterTable training, long row, FtrlRows.Sink sink) {
        serve(training, row, rounding, sink);
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
