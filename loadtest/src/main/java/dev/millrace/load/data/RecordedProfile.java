package dev.millrace.load.data;

import java.util.Map;

/** Attributes of one user or item: text, numbers, booleans or lists of text. */
public record RecordedProfile(Side side, String id, Map<String, Object> features) {
    public enum Side {
        USER,
        ITEM
    }

    public RecordedProfile {
        features = Map.copyOf(features);
    }
}
