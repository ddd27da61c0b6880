package dev.millrace.ps.serve;

import dev.millrace.ingest.topic.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A delta topic in Kafka. */
final class KafkaDeltaLog implements DeltaLog {
    private static final Duration CLOSE = Duration.ofSeconds(2);
    private static final int MAX_FETCH = 64 << 20;
    private static final byte[] NOTHING = {};

    private final TopicPartition topic;
    private final List<TopicPartition> topics;
    private final KafkaConsumer<byte[], byte[]> consumer;

    /** @throws org.apache.kafka.common.KafkaException when there can be no client of these servers */
    KafkaDeltaLog(String bootstrapServers, String model) {
        topic = new TopicPartition(Topics.deltas(model), 0);
        topics = List.of(topic);
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "none",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                        1,
                        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                        MAX_FETCH),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        consumer.assign(topics);
    }

    @Override
    public long end() {
        return consumer.endOffsets(topics).getOrDefault(topic, 0L);
    }

    @Override
    public void seek(long offset) {
        if (offset < 0) {
            consumer.seekToBeginning(topics);
        } else {
            consumer.seek(topic, offset);
        }
    }

    @Override
    public long position() {
        return consumer.position(topic);
    }

    @Override
    public List<Entry> poll(Duration atMost) throws ExpiredException {
        List<Entry> entries = new ArrayList<>();
        try {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(atMost)) {
                entries.add(new Entry(record.offset(), record.value() == null ? NOTHING : record.value()));
            }
        } catch (OffsetOutOfRangeException e) {
            throw new ExpiredException(topic + " no longer holds the next record", e);
        }
        return entries;
    }

    @Override
    public void wakeup() {
        consumer.wakeup();
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(CLOSE));
    }
}
