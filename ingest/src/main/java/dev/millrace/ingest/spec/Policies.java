package dev.millrace.ingest.spec;

import java.time.Duration;

/**
 * What happens at the edges.
 *
 * @param absence what a shown item without a labelled action becomes when its reward window ends
 * @param lateness how long after its window an impression is remembered, so that a late action is told from an orphan
 * @param maxRows bound of the parameter table; beyond it new features are not learned
 * @param audit whether every row counts its updates and sums their sample ids, so that a lost or doubled one shows; costs
 *     half of a row's memory
 * @param weights as what weights travel to serving
 * @param admissionBytes memory that counts the occurrences of keys without a row, for each slot or cross whose minCount
 *     is above 1
 */
public record Policies(
        Absence absence, Duration lateness, long maxRows, boolean audit, WeightFormat weights, int admissionBytes) {
    public enum Absence {
        /** A sample with label 0. */
        NEGATIVE,
        /** No sample. */
        DROP
    }

    public static final Policies DEFAULT =
            new Policies(Absence.NEGATIVE, Duration.ofMinutes(1), 20_000_000, true, WeightFormat.F32, 4 << 20);
}
