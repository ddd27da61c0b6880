package dev.millrace.join.match;

import dev.millrace.ingest.spec.Labels;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.ingest.spec.Policies;

/**
 * What the match needs of one spec.
 *
 * @param learnsFrom model whose impressions it takes
 * @param values whether amounts are labels as they are, for a model of values, and not parts of one
 * @param windowMs length of the reward window
 * @param latenessMs how long after its window a request is remembered
 * @param absenceIsNegative whether an item without an action becomes a sample with label 0
 * @param immediate whether it does so at once, and not at the window's end
 * @param corrects whether late actions correct labels that are out
 * @param keepRate part of the negatives that is kept
 */
record MatchRules(
        String model,
        String learnsFrom,
        Labels labels,
        boolean values,
        long windowMs,
        long latenessMs,
        boolean absenceIsNegative,
        boolean immediate,
        boolean corrects,
        double keepRate) {
    static MatchRules of(ModelSpec spec) {
        Policies policies = spec.policies();
        return new MatchRules(
                spec.model(),
                spec.learnsFrom(),
                spec.labels(),
                spec.objective() == Objective.SQUARED,
                spec.rewardWindow().toMillis(),
                policies.lateness().toMillis(),
                policies.absence() == Policies.Absence.NEGATIVE,
                policies.delay() == Policies.Delay.IMMEDIATE,
                policies.late() == Policies.Late.CORRECT,
                policies.keepNegatives());
    }

    /** What an amount is to learning. */
    Worth worth(double amount) {
        return values ? new Worth(amount, 1) : Worth.of(amount);
    }

    /** Whether an action of the type can count. */
    boolean knows(String type) {
        return labels.rules().containsKey(type);
    }
}
