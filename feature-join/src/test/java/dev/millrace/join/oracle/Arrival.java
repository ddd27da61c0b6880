package dev.millrace.join.oracle;

import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import org.jspecify.annotations.Nullable;

/**
 * One place of a log: an impression, or an action, or event time that goes on.
 *
 * @param watermarkMs of the last kind
 */
public record Arrival(
        @Nullable Impression impression, @Nullable Action action, long watermarkMs) {
    static final long NONE = Long.MIN_VALUE;

    static Arrival of(Impression impression) {
        return new Arrival(impression, null, NONE);
    }

    static Arrival of(Action action) {
        return new Arrival(null, action, NONE);
    }

    static Arrival watermark(long timeMs) {
        return new Arrival(null, null, timeMs);
    }

    public boolean isWatermark() {
        return impression == null && action == null;
    }

    /** As its writer stamped it. */
    public long stampMs() {
        if (impression != null) {
            return impression.getTimeMs();
        }
        return action == null ? watermarkMs : action.getAcceptedMs();
    }

    public String requestId() {
        if (impression != null) {
            return impression.getRequestId();
        }
        return action == null ? "" : action.getRequestId();
    }
}
