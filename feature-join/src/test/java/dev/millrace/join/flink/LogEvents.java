package dev.millrace.join.flink;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Heartbeat;
import dev.millrace.ingest.proto.Impression;

/** Events in the form in which the job carries them. */
final class LogEvents {
    private LogEvents() {}

    static LogEvent of(Impression impression) {
        return of(Envelope.newBuilder().setImpression(impression));
    }

    static LogEvent of(Action action) {
        return of(Envelope.newBuilder().setAction(action));
    }

    static LogEvent heartbeat(long timeMs) {
        return of(Envelope.newBuilder().setHeartbeat(Heartbeat.newBuilder().setTimeMs(timeMs)));
    }

    private static LogEvent of(Envelope.Builder envelope) {
        return at(envelope, Long.MAX_VALUE);
    }

    /** As the broker took it at that time. */
    static LogEvent at(Envelope.Builder envelope, long recordTimeMs) {
        return LogEventReader.read(envelope.build().toByteArray(), recordTimeMs);
    }

    /** {@code REASON action}, or {@code REASON bytes}. */
    static String describe(TopicRecord record) {
        try {
            DeadLetter letter = DeadLetter.parseFrom(record.value());
            String reason = letter.getReason().name().substring("DEAD_LETTER_REASON_".length());
            return reason + " "
                    + (letter.hasAction()
                            ? letter.getAction().getId()
                            : letter.getRaw().size());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
