package dev.millrace.api.events;

import dev.millrace.api.trace.ActionContent;
import org.jspecify.annotations.Nullable;

/**
 * One checked action as it was posted.
 *
 * @param path where it stands in the post: {@code [3]}, empty when it is the only one
 * @param id null when the client gave none
 * @param value magnitude; 1 when the client gave none
 * @param timeMs when it happened, milliseconds since the epoch
 */
public record NewEvent(
        String path, @Nullable String id, String type, String requestId, String item, double value, long timeMs) {
    /** What it says, by which a retry is told from another event under its id. */
    long content() {
        return ActionContent.of(type, requestId, item);
    }
}
