package dev.millrace.join.vector;

import dev.millrace.ingest.proto.Features;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.proto.Value;

/** Whether an impression that parses also makes sense, so that nothing behind this check can fail on it. */
public final class ImpressionCheck {
    private ImpressionCheck() {}

    public static boolean isSound(Impression impression) {
        int names = impression.getNamesCount();
        return !impression.getRequestId().isEmpty()
                && isSound(impression.getFeatures(), names)
                && impression.getItemsList().stream().allMatch(shown -> isSound(shown, names));
    }

    private static boolean isSound(ShownItem shown, int names) {
        return !shown.getItem().isEmpty() && isSound(shown.getFeatures(), names);
    }

    private static boolean isSound(Features features, int names) {
        // The indexes are unsigned 32-bit numbers in Java's signed ones.
        return features.getNamesCount() == features.getValuesCount()
                && features.getNamesList().stream().allMatch(name -> name >= 0 && name < names)
                && features.getValuesList().stream().noneMatch(v -> v.getKindCase() == Value.KindCase.KIND_NOT_SET);
    }
}
