package dev.millrace.join.flink;

import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;

/** One record of the log, as the source reads it. */
sealed interface LogEvent permits LogEvent.Shown, LogEvent.Acted, LogEvent.Beat, LogEvent.Unreadable {
    /** Carries no time: it moves no watermark. */
    long NO_TIME = Long.MIN_VALUE;

    /**
     * What the log's writers alone control, at most the broker's time of the record, so that one writer whose clock is
     * ahead closes nobody's windows. An action's own time is its client's and moves nothing.
     */
    long timeMs();

    String requestId();

    /** @param recordTimeMs when the broker took it */
    record Shown(EncodedImpression impression, long recordTimeMs) implements LogEvent {
        @Override
        public long timeMs() {
            return Math.min(recordTimeMs, impression.timeMs());
        }

        @Override
        public String requestId() {
            return impression.requestId();
        }
    }

    /** @param recordTimeMs when the broker took it */
    record Acted(Action action, long recordTimeMs) implements LogEvent {
        @Override
        public long timeMs() {
            return Math.min(recordTimeMs, action.getAcceptedMs());
        }

        @Override
        public String requestId() {
            return action.getRequestId();
        }
    }

    /** A heartbeat: time, and nothing else. */
    record Beat(long timeMs) implements LogEvent {
        @Override
        public String requestId() {
            return "";
        }
    }

    /** @param bytes of the record */
    record Unreadable(byte[] bytes) implements LogEvent {
        @Override
        public long timeMs() {
            return NO_TIME;
        }

        @Override
        public String requestId() {
            return "";
        }
    }
}
