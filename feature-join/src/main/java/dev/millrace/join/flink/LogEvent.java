package dev.millrace.join.flink;

import dev.millrace.ingest.proto.Envelope;

/** One record of the log, as the source reads it. */
sealed interface LogEvent permits LogEvent.Readable, LogEvent.Unreadable {
    /** Carries no time: it moves no watermark. */
    long NO_TIME = Long.MIN_VALUE;

    /**
     * What the log's writers alone control, at most the broker's time of the record, so that one writer whose clock is
     * ahead closes nobody's windows. An action's own time is its client's and moves nothing.
     */
    long timeMs();

    String requestId();

    /** @param recordTimeMs when the broker took it */
    record Readable(Envelope envelope, long recordTimeMs) implements LogEvent {
        @Override
        public long timeMs() {
            return Math.min(recordTimeMs, writtenMs());
        }

        /** The writer's stamp. */
        long writtenMs() {
            return switch (envelope.getBodyCase()) {
                case IMPRESSION -> envelope.getImpression().getTimeMs();
                case ACTION -> envelope.getAction().getAcceptedMs();
                case HEARTBEAT -> envelope.getHeartbeat().getTimeMs();
                case BODY_NOT_SET -> NO_TIME;
            };
        }

        @Override
        public String requestId() {
            return envelope.hasImpression()
                    ? envelope.getImpression().getRequestId()
                    : envelope.getAction().getRequestId();
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
