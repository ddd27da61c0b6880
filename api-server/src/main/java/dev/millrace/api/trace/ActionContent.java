package dev.millrace.api.trace;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.proto.Action;

/** Short form of what an action says, by which a retry is told from another action under the same id. */
public final class ActionContent {
    /** Nothing is known of it. */
    public static final long UNKNOWN = 0;

    private static final long SEED = 0x636F6E74656E7473L;

    private ActionContent() {}

    /** 64-bit hash, never {@link #UNKNOWN}. Value and time are left out: a client may make them anew for a retry. */
    public static long of(String type, String requestId, String item) {
        long both = FeatureIds.cross(FeatureIds.hash(type, SEED), FeatureIds.hash(requestId, SEED));
        long content = FeatureIds.cross(both, FeatureIds.hash(item, SEED));
        return content == UNKNOWN ? 1 : content;
    }

    static long of(Action action) {
        return of(action.getType(), action.getRequestId(), action.getItem());
    }
}
