package dev.millrace.api.desk;

import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import io.micronaut.serde.annotation.Serdeable;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One model's weights.
 *
 * @param specFingerprint 16 hexadecimal digits
 * @param sampleIdSum decimal, since a JSON number loses a 64-bit integer's last digits
 * @param weightsAgeMs since the learner made the delta that serves; null before the first
 * @param offsets partition of the samples topic to the offset up to which (exclusive) the weights include it
 */
@Serdeable
public record ModelState(
        String model,
        long version,
        String specFingerprint,
        long samplesLearned,
        String sampleIdSum,
        long duplicateSamples,
        long rows,
        long watermarkMs,
        @Nullable Long weightsAgeMs,
        Map<String, Long> offsets) {
    /** As of a time. */
    public static ModelState of(WeightServer weights, long nowMs) {
        ServedVersion version = weights.version();
        return new ModelState(
                weights.spec().model(),
                version.sequence(),
                "%016x".formatted(weights.spec().fingerprint()),
                version.samples(),
                Long.toString(version.sampleIdSum()),
                version.duplicateSamples(),
                version.rows(),
                version.watermarkMs(),
                version.sequence() == 0 ? null : nowMs - version.learnedMs(),
                offsets(version));
    }

    /** Offsets by partition, as JSON has keys. */
    static Map<String, Long> offsets(ServedVersion version) {
        Map<String, Long> offsets = new TreeMap<>();
        version.sampleOffsets().forEach((partition, offset) -> offsets.put(partition.toString(), offset));
        return offsets;
    }
}
