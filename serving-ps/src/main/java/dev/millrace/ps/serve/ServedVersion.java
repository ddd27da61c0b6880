package dev.millrace.ps.serve;

import java.util.Map;

/**
 * Which weights score, and what they have learned.
 *
 * @param sequence of the last delta applied; 0 before the first
 * @param learnedMs when the learner made that delta, milliseconds since the epoch
 * @param appliedMs when it was applied here
 * @param watermarkMs event time up to which the weights have learned
 * @param sampleOffsets partition of the samples topic to the offset up to which (exclusive) the weights include it
 * @param samples distinct samples learned: the bias row's update count
 * @param sampleIdSum wrapping sum of the learned samples' ids
 * @param duplicateSamples samples that came again and were not learned again
 * @param rows rows that serve
 */
public record ServedVersion(
        long sequence,
        long learnedMs,
        long appliedMs,
        long watermarkMs,
        Map<Integer, Long> sampleOffsets,
        long samples,
        long sampleIdSum,
        long duplicateSamples,
        long rows) {
    public static final ServedVersion NONE = new ServedVersion(0, 0, 0, 0, Map.of(), 0, 0, 0, 0);

    public ServedVersion {
        sampleOffsets = Map.copyOf(sampleOffsets);
    }

    ServedVersion withRows(long rows) {
        return new ServedVersion(
                sequence,
                learnedMs,
                appliedMs,
                watermarkMs,
                sampleOffsets,
                samples,
                sampleIdSum,
                duplicateSamples,
                rows);
    }
}
