package dev.millrace.learner.source;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A model's samples topic, read at offsets that the reader keeps itself. One thread. */
public final class SampleLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SampleLog.class);
    private static final Duration RANGE_POLL = Duration.ofMillis(100);
    private static final Duration METADATA = Duration.ofSeconds(30);

    private final String topic;
    private final List<TopicPartition> partitions;
    private final KafkaConsumer<byte[], byte[]> consumer;

    /** @param maxRecords most records a poll */
    public SampleLog(String bootstrapServers, String model, int maxRecords) {
        topic = Topics.samples(model);
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
                        ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
                        maxRecords),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        partitions = consumer.partitionsFor(topic, METADATA).stream()
                .map(p -> new TopicPartition(topic, p.partition()))
                .sorted(Comparator.comparingInt(TopicPartition::partition))
                .toList();
        consumer.assign(partitions);
    }

    /** Goes on at these offsets; a partition's log begins at 0. */
    public void seek(ToLongFunction<Integer> nextOffset) {
        for (TopicPartition partition : partitions) {
            consumer.seek(partition, nextOffset.applyAsLong(partition.partition()));
        }
    }

    /** Records by partition, ascending, as they have to be learned. */
    public List<ConsumerRecord<byte[], byte[]>> poll(Duration atMost) {
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(atMost);
        List<ConsumerRecord<byte[], byte[]>> ordered = new ArrayList<>(polled.count());
        for (TopicPartition partition : partitions) {
            ordered.addAll(polled.records(partition));
        }
        return ordered;
    }

    /**
     * Every record of one partition from {@code from} (inclusive) to {@code to} (exclusive), held in memory.
     *
     * @throws IllegalStateException when they do not come within {@code patience}
     */
    public List<ConsumerRecord<byte[], byte[]>> readRange(int partition, long from, long to, Duration patience) {
        TopicPartition only = new TopicPartition(topic, partition);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        consumer.assign(List.of(only));
        consumer.seek(only, from);
        long deadlineNs = System.nanoTime() + patience.toNanos();
        while (consumer.position(only) < to) {
            if (System.nanoTime() > deadlineNs) {
                throw new IllegalStateException("%s: records %d..%d did not come within %s"
                        .formatted(only, consumer.position(only), to - 1, patience));
            }
            consumer.poll(RANGE_POLL).records(only).stream()
                    .filter(r -> r.offset() < to)
                    .forEach(records::add);
        }
        consumer.assign(partitions);
        return records;
    }

    /** The record's block; null, and named in the log, when it cannot be read. */
    public static @Nullable SampleBlock decode(ConsumerRecord<byte[], byte[]> record) {
        try {
            return SampleBlockCodec.decode(record.value());
        } catch (IllegalArgumentException e) {
            LOG.error("{}-{} offset {}: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
            return null;
        }
    }

    @Override
    public void close() {
        consumer.close();
    }
}
