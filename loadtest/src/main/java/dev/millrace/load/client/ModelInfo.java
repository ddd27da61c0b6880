package dev.millrace.load.client;

import org.jspecify.annotations.Nullable;

/**
 * What serves now.
 *
 * @param sampleIdSum wrapping sum of the learned samples' ids, signed 64-bit decimal
 * @param weightsAgeMs time since the last delta was applied
 */
public record ModelInfo(
        String model,
        long version,
        @Nullable String specFingerprint,
        long samplesLearned,
        @Nullable String sampleIdSum,
        long duplicateSamples,
        long rows,
        @Nullable Long watermarkMs,
        @Nullable Long weightsAgeMs) {
    public long sampleIdSumBits() {
        return sampleIdSum == null ? 0 : Long.parseLong(sampleIdSum);
    }
}
