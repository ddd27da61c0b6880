package dev.millrace.ingest.profile.stream;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.proto.Envelope;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** Records of the event log and their event time. */
final class Envelopes {
    private Envelopes() {}

    /** What cannot be read is an empty envelope, and counted. */
    static Serde<Envelope> serde(LiveStats stats) {
        return Serdes.serdeFrom((topic, envelope) -> envelope.toByteArray(), (topic, bytes) -> {
            try {
                return Envelope.parseFrom(bytes);
            } catch (InvalidProtocolBufferException e) {
                stats.notRead();
                return Envelope.getDefaultInstance();
            }
        });
    }

    /** What the log's writers stamped, as the join has it; no later than the broker's time of the record. */
    static final class EventTime implements TimestampExtractor {
        @Override
        public long extract(ConsumerRecord<Object, Object> record, long partitionTimeMs) {
            return record.value() instanceof Envelope envelope
                    ? Math.max(0, Math.min(timeMs(envelope, record.timestamp()), record.timestamp()))
                    : record.timestamp();
        }

        private static long timeMs(Envelope envelope, long recordMs) {
            return switch (envelope.getBodyCase()) {
                case IMPRESSION -> envelope.getImpression().getTimeMs();
                case ACTION -> envelope.getAction().getAcceptedMs();
                case HEARTBEAT -> envelope.getHeartbeat().getTimeMs();
                case BODY_NOT_SET -> recordMs;
            };
        }
    }
}
