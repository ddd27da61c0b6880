package dev.millrace.learner.bulk;

import dev.millrace.ingest.source.DataException;
import dev.millrace.learner.source.SampleLog;
import dev.millrace.learner.sync.DeltaTail;
import java.io.IOException;
import java.time.Duration;

/** Whether the online learner can go on from what was learned from files, on a log that is there already. */
public final class LogCheck {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private LogCheck() {}

    /**
     * @return where the model's deltas end: the version comes after them
     * @throws DataException when records behind those that the model includes are no longer on the log, or never were
     */
    public static TrainedModel.LogEnd check(String bootstrapServers, TrainedModel model) throws IOException {
        String name = model.spec().model();
        try (SampleLog log = new SampleLog(bootstrapServers, name, 1)) {
            for (SampleLog.Extent extent : log.extents()) {
                long next = model.state().nextOffset(extent.partition());
                if (next < extent.beginning() || next > extent.end()) {
                    throw new DataException("samples partition " + extent.partition() + " of model " + name
                            + " has records " + extent.beginning() + ".." + (extent.end() - 1)
                            + ", but learning would go on at " + next + "; archive the log again, and train from that");
                }
            }
        }
        return DeltaTail.end(bootstrapServers, name, 0, PATIENCE)
                .map(end -> new TrainedModel.LogEnd(end.sequence(), end.offset()))
                .orElse(TrainedModel.LogEnd.NONE);
    }
}
