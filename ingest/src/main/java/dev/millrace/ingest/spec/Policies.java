package dev.millrace.ingest.spec;

import java.time.Duration;

/**
 * What happens at the edges.
 *
 * @param absence what a shown item without a labelled action becomes when its reward window ends
 * @param lateness how long after its window an impression is remembered, so that a late action is told from an orphan
 * @param maxRows bound of the parameter table; beyond it new features are not learned
 */
public record Policies(Absence absence, Duration lateness, long maxRows) {
    public enum Absence {
        /** A sample with label 0. */
        NEGATIVE,
        /** No sample. */
        DROP
    }

    public static final Policies DEFAULT = new Policies(Absence.NEGATIVE, Duration.ofMinutes(1), 20_000_000);
}
