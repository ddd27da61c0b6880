package dev.millrace.api.monitor;

import dev.millrace.api.trace.Trace;
import java.util.Locale;

/** Part of the way from an accepted action to a score served with it. */
enum FreshnessStage {
    /** Accepted until the join emitted its sample. */
    JOIN,
    /** Until the learner made the delta that has it. */
    LEARN,
    /** Until that delta serves here. */
    SERVE,
    /** The whole way. */
    TOTAL;

    /** Clocks of several machines may disagree: never below zero. */
    long milliseconds(Trace trace) {
        long ms = switch (this) {
            case JOIN -> trace.joinedMs() - trace.acceptedMs();
            case LEARN -> trace.learnedMs() - trace.joinedMs();
            case SERVE -> trace.servedMs() - trace.learnedMs();
            case TOTAL -> trace.servedMs() - trace.acceptedMs();
        };
        return Math.max(0, ms);
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
