package dev.millrace.ps.version;

import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Which records of a model's samples were there at a time: by when the join emitted them. A search, O(log records). */
public final class SampleTimes {
    private static final Duration POLL = Duration.ofMillis(50);
    private static final int POLLS = 40;

    private final String bootstrapServers;
    private final String topic;

    public SampleTimes(String bootstrapServers, String model) {
        this.bootstrapServers = bootstrapServers;
        topic = Topics.samples(model);
    }

    /** Samples partition to the first record that was emitted at this time or later; its end where none was. */
    public Map<Integer, Long> at(long timeMs) {
        Map<Integer, Long> offsets = new TreeMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(p -> new TopicPartition(topic, p.partition()))
                    .toList();
            Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            for (TopicPartition partition : partitions) {
                long begin = begins.getOrDefault(partition, 0L);
                long end = ends.getOrDefault(partition, 0L);
                offsets.put(partition.partition(), first(consumer, partition, begin, end, timeMs));
            }
        }
        return offsets;
    }

    private static long first(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long begin, long end, long timeMs) {
        consumer.assign(List.of(partition));
        long low = begin;
        long high = end;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (joinedMs(consumer, partition, middle, end) < timeMs) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Of the first record from there on that can be read; for ever later where there is none. */
    private static long joinedMs(
            KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, long offset, long end) {
        consumer.seek(partition, offset);
        for (int i = 0; i < POLLS && consumer.position(partition) < end; i++) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                try {
                    return SampleBlockCodec.decode(record.value()).header().joinedMs();
                } catch (IllegalArgumentException e) {
                    // One that cannot be read has no time: the next one tells.
                    continue;
                }
            }
        }
        return Long.MAX_VALUE;
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest",
                        ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                        1,
                        ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                        4),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }
}
