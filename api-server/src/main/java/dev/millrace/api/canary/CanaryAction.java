package dev.millrace.api.canary;

import dev.millrace.ingest.spec.Labels;
import dev.millrace.ingest.spec.ModelSpec;
import java.util.Map;
import java.util.Optional;

/** What a canary does: an action whose label is a positive. */
record CanaryAction(String type, double value) {
    /** Empty: the spec has no such action, learns from another model's impressions, or has layers that would learn from it. */
    static Optional<CanaryAction> of(ModelSpec spec) {
        if (!spec.network().isLinear() || !spec.learnsFrom().equals(spec.model())) {
            return Optional.empty();
        }
        for (Map.Entry<String, Labels.Rule> rule : spec.labels().rules().entrySet()) {
            if (rule.getValue() instanceof Labels.Amount fixed && fixed.amount() > 0) {
                return Optional.of(new CanaryAction(rule.getKey(), 1));
            }
            if (rule.getValue() instanceof Labels.Measure measure) {
                return Optional.of(new CanaryAction(rule.getKey(), measure.atMost() / measure.perUnit()));
            }
        }
        return Optional.empty();
    }
}
