package dev.millrace.deploy.e2e;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What stands on the topics now. */
final class Log {
    private static final Duration POLL = Duration.ofMillis(200);

    private Log() {}

    static List<SampleBlock> samples(String bootstrapServers) {
        return samples(bootstrapServers, Service.MODEL);
    }

    static List<SampleBlock> samples(String bootstrapServers, String model) {
        return values(bootstrapServers, Topics.samples(model)).stream()
                .map(SampleBlockCodec::decode)
                .toList();
    }

    static List<Delta> deltas(String bootstrapServers) {
        return values(bootstrapServers, Topics.deltas(Service.MODEL)).stream()
                .map(DeltaCodec::decode)
                .toList();
    }

    static List<Impression> impressions(String bootstrapServers) throws InvalidProtocolBufferException {
        List<Impression> impressions = new ArrayList<>();
        for (byte[] value : values(bootstrapServers, Topics.IMPRESSIONS)) {
            Envelope envelope = Envelope.parseFrom(value);
            if (envelope.hasImpression()) {
                impressions.add(envelope.getImpression());
            }
        }
        return impressions;
    }

    static List<byte[]> values(String bootstrapServers, String topic) {
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", bootstrapServers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(p -> new TopicPartition(topic, p.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            List<byte[]> values = new ArrayList<>();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    values.add(record.value());
                }
            }
            return values;
        }
    }
}
