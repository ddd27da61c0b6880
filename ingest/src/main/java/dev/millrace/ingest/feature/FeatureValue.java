package dev.millrace.ingest.feature;

import java.util.List;

/** One attribute's raw value, as it was given and as it was served. */
public sealed interface FeatureValue {
    record Text(String value) implements FeatureValue {}

    record Texts(List<String> values) implements FeatureValue {
        public Texts {
            values = List.copyOf(values);
        }
    }

    record Numeric(double value) implements FeatureValue {}
}
