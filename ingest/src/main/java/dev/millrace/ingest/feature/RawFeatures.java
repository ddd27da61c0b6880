package dev.millrace.ingest.feature;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Attributes by full name ({@code user.age}, {@code item.genres}, {@code context.device}), immutable, in order. */
public final class RawFeatures {
    public static final RawFeatures EMPTY = new RawFeatures(Map.of());

    private final Map<String, FeatureValue> values;

    private RawFeatures(Map<String, FeatureValue> values) {
        this.values = values;
    }

    /** Copies. */
    public static RawFeatures of(Map<String, FeatureValue> values) {
        return new RawFeatures(new LinkedHashMap<>(values));
    }

    public @Nullable FeatureValue get(String name) {
        return values.get(name);
    }

    public Map<String, FeatureValue> asMap() {
        return java.util.Collections.unmodifiableMap(values);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RawFeatures that && values.equals(that.values);
    }

    @Override
    public int hashCode() {
        return values.hashCode();
    }

    @Override
    public String toString() {
        return values.toString();
    }
}
