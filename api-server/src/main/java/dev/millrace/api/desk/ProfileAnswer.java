package dev.millrace.api.desk;

import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import io.micronaut.serde.annotation.Serdeable;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is stored of one user or item.
 *
 * @param features by their short names: text, a number, or a list of texts
 */
@Serdeable
public record ProfileAnswer(String id, Map<String, Object> features) {
    private static final double MAX_EXACT = 1L << 53;

    /** @param prefix of full names, to be cut off */
    static ProfileAnswer of(String id, String prefix, RawFeatures stored) {
        Map<String, Object> features = new LinkedHashMap<>();
        stored.asMap().forEach((name, value) -> features.put(name.substring(prefix.length()), plain(value)));
        return new ProfileAnswer(id, features);
    }

    /** Whole numbers come back as they were sent, without a fraction. */
    private static Object plain(FeatureValue value) {
        return switch (value) {
            case FeatureValue.Text text -> text.value();
            case FeatureValue.Texts texts -> texts.values();
            case FeatureValue.Numeric number -> {
                double x = number.value();
                boolean whole = x == Math.rint(x) && Math.abs(x) < MAX_EXACT;
                yield whole ? (Object) (long) x : (Object) x;
            }
        };
    }
}
