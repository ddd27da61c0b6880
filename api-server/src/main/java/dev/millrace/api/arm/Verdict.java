package dev.millrace.api.arm;

import dev.millrace.ingest.spec.ArmSpec.Rule;
import org.jspecify.annotations.Nullable;

/** What comparing an arm with the champion has come to. */
enum Verdict {
    /** Fewer samples than its rule asks for. */
    COLLECTING,
    UNDECIDED,
    /** By the log loss of the same samples, beyond what chance does. */
    BETTER,
    WORSE;

    /** ln of the e-value from which on it is decided. @param rivals arms with a rule: each of them may win by chance */
    static double needed(@Nullable Rule rule, int rivals) {
        double alpha = rule == null ? ArmTally.ALPHA : rule.alpha();
        return Math.log(Math.max(1, rivals) / alpha);
    }

    static long least(@Nullable Rule rule) {
        return rule == null ? 0 : rule.samples();
    }

    static Verdict of(ArmTally tally, @Nullable Rule rule, int rivals) {
        if (tally.samples() == 0 || tally.samples() < least(rule)) {
            return COLLECTING;
        }
        double needed = needed(rule, rivals);
        if (tally.better() >= needed) {
            return BETTER;
        }
        return tally.worse() >= needed ? WORSE : UNDECIDED;
    }
}
