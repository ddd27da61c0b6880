package dev.millrace.ingest.feature;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.proto.Action;
import org.jspecify.annotations.Nullable;

/**
 * What tells a canary from what people see and do: an impression whose context has {@value #ATTRIBUTE}, a number, which
 * no caller can give since no slot reads it. Its vector is one feature of its own, without the bias, so that what is
 * learned from it touches nobody's weights; everything that counts or remembers people passes it over.
 */
public final class Canary {
    public static final String ATTRIBUTE = "context.millrace_canary";
    /** The item that it shows, and acts on. */
    public static final String ITEM = "millrace.canary";

    private Canary() {}

    /** Its feature; {@link FeatureIds#NONE}: these are somebody's attributes. */
    static long feature(RawFeatures request) {
        return feature(request.get(ATTRIBUTE));
    }

    private static long feature(@Nullable FeatureValue value) {
        return value instanceof FeatureValue.Numeric number ? feature(number.value()) : FeatureIds.NONE;
    }

    static long feature(double number) {
        return FeatureIds.canary((long) number);
    }

    public static boolean is(Action action) {
        return action.getItem().equals(ITEM);
    }

    /** Whether it is all that was shown. */
    public static boolean is(EncodedImpression impression) {
        return impression.items() == 1 && impression.item(0).equals(ITEM);
    }
}
