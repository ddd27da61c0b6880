package dev.millrace.load.data;

import org.jspecify.annotations.Nullable;

/** Something the person did with one candidate of a request. */
public record RecordedAction(
        String item, String type, @Nullable Double value) {
    public static RecordedAction of(String item, String type) {
        return new RecordedAction(item, type, null);
    }
}
