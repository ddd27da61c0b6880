package dev.millrace.join.flink;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.feature.EncodedEnvelope;
import dev.millrace.ingest.feature.EncodedImpression;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Envelope;
import java.util.Optional;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** Records of the log to events. Never fails: what cannot be read, or makes no sense, is an unreadable event. */
final class LogEventReader implements KafkaRecordDeserializationSchema<LogEvent> {
    private static final long serialVersionUID = 1;
    private static final long YEAR_9999_MS = 253_402_300_799_999L;
    /** What a dead letter can always hold. */
    private static final int MAX_ACTION_BYTES = 64 << 10;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<LogEvent> out) {
        out.collect(read(record.value(), record.timestamp()));
    }

    static LogEvent read(byte @Nullable [] bytes, long recordTimeMs) {
        if (bytes == null) {
            return new LogEvent.Unreadable(new byte[0]);
        }
        Optional<EncodedImpression> impression = EncodedEnvelope.impression(bytes);
        if (impression.isPresent()) {
            return impression(impression.get(), bytes, recordTimeMs);
        }
        try {
            return read(Envelope.parseFrom(bytes), bytes, recordTimeMs);
        } catch (InvalidProtocolBufferException e) {
            return new LogEvent.Unreadable(bytes);
        }
    }

    private static LogEvent impression(EncodedImpression impression, byte[] bytes, long recordTimeMs) {
        return isSound(impression.timeMs())
                ? new LogEvent.Shown(impression, recordTimeMs)
                : new LogEvent.Unreadable(bytes);
    }

    private static LogEvent read(Envelope envelope, byte[] bytes, long recordTimeMs) {
        switch (envelope.getBodyCase()) {
            case IMPRESSION -> {
                // In a form that is not protobuf-java's; or it makes no sense.
                byte[] usual = envelope.getImpression().toByteArray();
                return EncodedImpression.check(usual, 0, usual.length)
                        .map(its -> impression(its, bytes, recordTimeMs))
                        .orElseGet(() -> new LogEvent.Unreadable(bytes));
            }
            case ACTION -> {
                Action action = envelope.getAction();
                if (isSound(action) && isSound(action.getAcceptedMs())) {
                    return new LogEvent.Acted(action, recordTimeMs);
                }
            }
            case HEARTBEAT -> {
                long timeMs = envelope.getHeartbeat().getTimeMs();
                if (isSound(timeMs)) {
                    return new LogEvent.Beat(Math.min(recordTimeMs, timeMs));
                }
            }
            case BODY_NOT_SET -> {}
        }
        return new LogEvent.Unreadable(bytes);
    }

    private static boolean isSound(long timeMs) {
        return timeMs > 0 && timeMs <= YEAR_9999_MS;
    }

    private static boolean isSound(Action action) {
        return action.getSerializedSize() <= MAX_ACTION_BYTES
                && !action.getRequestId().isEmpty()
                && !action.getId().isEmpty()
                && !action.getItem().isEmpty();
    }

    @Override
    public TypeInformation<LogEvent> getProducedType() {
        return Wires.LOG_EVENT;
    }
}
