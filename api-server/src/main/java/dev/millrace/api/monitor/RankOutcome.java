package dev.millrace.api.monitor;

import dev.millrace.api.problem.ErrorClass;
import dev.millrace.api.problem.ProblemException;
import java.util.Locale;

/** How a rank request ended, as metrics tell it. */
public enum RankOutcome {
    OK,
    CALLER,
    OVERLOAD,
    STALE,
    INTERNAL;

    /** The end that an exception means. */
    public static RankOutcome of(Throwable failure) {
        return failure instanceof ProblemException refused
                ? of(refused.problem().errorClass())
                : INTERNAL;
    }

    private static RankOutcome of(ErrorClass errorClass) {
        return switch (errorClass) {
            case CALLER -> CALLER;
            case OVERLOAD -> OVERLOAD;
            case STALE -> STALE;
            case INTERNAL -> INTERNAL;
        };
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
