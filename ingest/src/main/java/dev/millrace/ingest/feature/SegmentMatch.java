package dev.millrace.ingest.feature;

import dev.millrace.ingest.spec.Segment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether a request is of a segment, as it is served and as it was logged. One thread; {@link #of} is for any. */
public final class SegmentMatch {
    private final Segment segment;
    private final AttributeNames names;
    private final EncodedFeatures features = new EncodedFeatures(1);

    public SegmentMatch(Segment segment) {
        this.segment = segment;
        names = new AttributeNames(Map.of(segment.by(), 0));
    }

    /** Of a request's own attributes. */
    public static boolean of(Segment segment, RawFeatures request) {
        FeatureValue value = request.asMap().get(segment.by());
        if (value instanceof FeatureValue.Text text) {
            return segment.values().contains(text.value());
        }
        if (value instanceof FeatureValue.Texts texts) {
            return texts.values().stream().anyMatch(segment.values()::contains);
        }
        return value instanceof FeatureValue.Numeric number && segment.values().contains(text(number.value()));
    }

    /** Whole numbers as such, like in YAML. */
    private static String text(double number) {
        return number == Math.rint(number) && Math.abs(number) < 1L << 53
                ? Long.toString((long) number)
                : Double.toString(number);
    }

    /** Of what the log holds of it. */
    public boolean of(EncodedImpression impression) {
        features.locate(impression.array(), impression.featuresFrom(), impression.featuresTo(), names.of(impression));
        if (features.from(0) == EncodedFeatures.ABSENT) {
            return false;
        }
        WireCursor value = features.value(impression.array(), 0);
        int kind = EncodedFeatures.kind(value);
        if (kind == EncodedFeatures.NUMBER) {
            return segment.values().contains(text(Double.longBitsToDouble(value.fixed64())));
        }
        int length = value.length();
        value.end = value.at + length;
        return kind == EncodedFeatures.TEXT ? isOne(value, length) : isAny(value);
    }

    private boolean isOne(WireCursor at, int length) {
        return segment.values().contains(new String(at.bytes, at.at, length, StandardCharsets.UTF_8));
    }

    private boolean isAny(WireCursor texts) {
        while (texts.hasMore()) {
            int tag = texts.tag();
            if (tag == EncodedFeatures.TEXTS_VALUE) {
                int length = texts.length();
                if (isOne(texts, length)) {
                    return true;
                }
                texts.at += length;
            } else {
                texts.skip(tag);
            }
        }
        return false;
    }

    /** Null: all requests. */
    public static @Nullable SegmentMatch ofNullable(@Nullable Segment segment) {
        return segment == null ? null : new SegmentMatch(segment);
    }
}
