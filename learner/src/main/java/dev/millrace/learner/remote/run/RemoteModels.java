package dev.millrace.learner.remote.run;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.sync.DeltaPublisher;

/** What remote training cannot learn: what needs more of a sample's past than rows and gradients carry. */
final class RemoteModels {
    private RemoteModels() {}

    /** @throws IllegalArgumentException when it cannot learn the spec's model */
    static void check(ModelSpec spec) {
        DeltaPublisher.checkFits(spec);
        if (!spec.network().foldIn().isNone()) {
            throw new IllegalArgumentException("model " + spec.model()
                    + " folds new rows in, which remote training does not: leave network.foldIn out, or learn it in one"
                    + " process ('serve')");
        }
    }
}
