package dev.millrace.ingest.feature;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Attributes by full name ({@code user.age}, {@code item.genres}, {@code context.device}), immutable, in order.
 *
 * <p>Ones that are {@link #kept} remember what was last made of them. Whoever races sees either no memory or a whole one:
 * what is remembered is immutable.
 */
public final class RawFeatures {
    public static final RawFeatures EMPTY = new RawFeatures(Map.of());

    private final Map<String, FeatureValue> values;
    private final boolean kept;
    private @Nullable HashedItem hashed;
    private FeatureCodec.@Nullable Encoded encoded;

    private RawFeatures(Map<String, FeatureValue> values) {
        this(values, false);
    }

    private RawFeatures(Map<String, FeatureValue> values, boolean kept) {
        this.values = values;
        this.kept = kept;
    }

    /** Copies. */
    public static RawFeatures of(Map<String, FeatureValue> values) {
        return new RawFeatures(new LinkedHashMap<>(values));
    }

    /** One more, or another value of one. */
    public RawFeatures with(String name, FeatureValue value) {
        Map<String, FeatureValue> more = new LinkedHashMap<>(values);
        more.put(name, value);
        return new RawFeatures(more);
    }

    /** The same attributes for many uses: hashed and encoded once, not for each request. */
    public RawFeatures kept() {
        return kept ? this : new RawFeatures(values, true);
    }

    boolean isKept() {
        return kept;
    }

    @Nullable
    HashedItem hashed() {
        return hashed;
    }

    void remember(HashedItem made) {
        hashed = made;
    }

    FeatureCodec.@Nullable Encoded encoded() {
        return encoded;
    }

    void remember(FeatureCodec.Encoded made) {
        encoded = made;
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
