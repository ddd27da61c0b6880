package dev.millrace.ingest.spec;

import java.time.Duration;

/**
 * What happens at the edges.
 *
 * @param absence what a shown item without a labelled action becomes when its reward window ends
 * @param delay when an absence becomes a sample
 * @param late what an action becomes that comes after the window, within the lateness
 * @param lateness how long after its window an impression is remembered, so that a late action can still correct its
 *     label, or is told from an orphan
 * @param keepNegatives the part of the samples with label 0 that is kept, in (0, 1]; learning corrects for it
 * @param maxRows bound of the parameter table; beyond it new features are not learned
 * @param audit whether every row counts its updates and sums their sample ids, so that a lost or doubled one shows; costs
 *     half of a row's memory
 * @param weights as what weights travel to serving
 * @param admissionBytes memory that counts the occurrences of keys without a row, for each slot or cross whose minCount
 *     is above 1
 */
public record Policies(
        Absence absence,
        Delay delay,
        Late late,
        Duration lateness,
        double keepNegatives,
        long maxRows,
        boolean audit,
        WeightFormat weights,
        int admissionBytes) {
    public enum Absence {
        /** A sample with label 0. */
        NEGATIVE,
        /** No sample. */
        DROP
    }

    /** When an absence becomes a sample. */
    public enum Delay {
        /** At the window's end: every negative is one. */
        WAIT,
        /** At once: a positive corrects it, and learning takes fake negatives into account. */
        IMMEDIATE
    }

    /** What a late action becomes. */
    public enum Late {
        /** A dead letter. */
        DROP,
        /** A correction: the sample that went out is taken back, the new one is sent. */
        CORRECT
    }

    public static final Policies DEFAULT = new Policies(
            Absence.NEGATIVE,
            Delay.WAIT,
            Late.DROP,
            Duration.ofMinutes(1),
            1,
            20_000_000,
            true,
            WeightFormat.F32,
            4 << 20);
}
