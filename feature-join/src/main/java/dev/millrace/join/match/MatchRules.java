package dev.millrace.join.match;

import dev.millrace.ingest.spec.Heads;
import dev.millrace.ingest.spec.Labels;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.ingest.spec.Policies;
import java.util.ArrayList;
import java.util.List;

/**
 * What the match needs of one objective of a spec: of all of it, but for a spec with heads.
 *
 * @param track its name: the model's, or, of a head, the model's and its own
 * @param head its place among the spec's heads
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
        String track,
        String model,
        int head,
        String learnsFrom,
        Labels labels,
        boolean values,
        long windowMs,
        long latenessMs,
        boolean absenceIsNegative,
        boolean immediate,
        boolean corrects,
        double keepRate) {
    /** No model's name has it. */
    private static final char OF_HEAD = '#';

    static List<MatchRules> of(ModelSpec spec) {
        if (spec.heads().isEmpty()) {
            return List.of(of(
                    spec,
                    spec.model(),
                    0,
                    spec.labels(),
                    spec.objective(),
                    spec.policies().absence()));
        }
        List<MatchRules> rules = new ArrayList<>();
        for (Heads.Head head : spec.heads().all()) {
            String track = spec.model() + OF_HEAD + head.name();
            rules.add(of(spec, track, rules.size(), head.labels(), head.objective(), head.absence()));
        }
        return rules;
    }

    private static MatchRules of(
            ModelSpec spec, String track, int head, Labels labels, Objective objective, Policies.Absence absence) {
        Policies policies = spec.policies();
        return new MatchRules(
                track,
                spec.model(),
                head,
                spec.learnsFrom(),
                labels,
                objective == Objective.SQUARED,
                spec.rewardWindow().toMillis(),
                policies.lateness().toMillis(),
                absence == Policies.Absence.NEGATIVE,
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
