package dev.millrace.ps.version;

import java.util.Map;
import java.util.TreeMap;

/**
 * Weights at one point of the log, kept as a whole: dense layers and sparse rows, the offsets that they include, and where
 * they come from. Immutable, like its files.
 *
 * @param number counts from 1 within the model
 * @param madeMs when it was made, milliseconds since the epoch
 * @param sequence of the last delta that it contains
 * @param offsets samples partition to the first record that it does not include
 * @param samples distinct samples learned
 * @param watermarkMs event time up to which it has learned
 * @param parent number of the version before it on its line; 0: none
 * @param origin why there is one: {@code schedule}, {@code request}, {@code batch}
 * @param run of the offer that it was made of; empty: of the learner's weights
 * @param metrics quality when it was made, by name
 */
public record ModelVersion(
        long number,
        long madeMs,
        long specFingerprint,
        long sequence,
        Map<Integer, Long> offsets,
        long samples,
        long duplicateSamples,
        long watermarkMs,
        long rows,
        long parent,
        String origin,
        String run,
        String who,
        String why,
        Map<String, Double> metrics) {
    /** Made elsewhere, not of the weights that serve. */
    public static final String BATCH = "batch";

    public ModelVersion {
        offsets = java.util.Collections.unmodifiableMap(new TreeMap<>(offsets));
        metrics = java.util.Collections.unmodifiableMap(new TreeMap<>(metrics));
    }
}
