package dev.millrace.join.match;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Policies;
import java.util.Map;

/**
 * What the match needs of one spec.
 *
 * @param labels action type to label
 * @param windowMs length of the reward window
 * @param latenessMs how long after its window a request is remembered
 * @param absenceIsNegative whether an item without an action becomes a sample with label 0
 */
record MatchRules(Map<String, Double> labels, long windowMs, long latenessMs, boolean absenceIsNegative) {
    static MatchRules of(ModelSpec spec) {
        return new MatchRules(
                spec.labels(),
                spec.rewardWindow().toMillis(),
                spec.policies().lateness().toMillis(),
                spec.policies().absence() == Policies.Absence.NEGATIVE);
    }
}
