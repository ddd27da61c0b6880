package dev.millrace.join.flink;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.join.vector.ImpressionCheck;
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
        try {
            Envelope envelope = Envelope.parseFrom(bytes);
            LogEvent.Readable event = new LogEvent.Readable(envelope, recordTimeMs);
            return isSound(envelope, event.writtenMs()) ? event : new LogEvent.Unreadable(bytes);
        } catch (InvalidProtocolBufferException e) {
            return new LogEvent.Unreadable(bytes);
        }
    }

    private static boolean isSound(Envelope envelope, long timeMs) {
        boolean sound = switch (envelope.getBodyCase()) {
            case IMPRESSION -> ImpressionCheck.isSound(envelope.getImpression());
            case ACTION -> isSound(envelope.getAction());
            case HEARTBEAT -> true;
            case BODY_NOT_SET -> false;
        };
        return sound && timeMs > 0 && timeMs <= YEAR_9999_MS;
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
