package dev.millrace.learner.source;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.Topics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
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

    private static final int FETCH_BYTES = 32 << 10;
    private static final Duration GATHER = Duration.ofMillis(10);
    /** What one fetch may bring when learning is behind: its fixed cost is that of some hundred samples. */
    private static final int PARTITION_BYTES = 4 << 20;

    private static final int ALL_PARTITIONS_BYTES = 32 << 20;
    /** As the operating system sees fit. */
    private static final int SYSTEMS_OWN = -1;

    private final String topic;
    private final List<TopicPartition> partitions;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<TopicPartition, Deque<ConsumerRecord<byte[], byte[]>>> readAhead = new HashMap<>();

    /** @param maxRecords most records a poll */
    public SampleLog(String bootstrapServers, String model, int maxRecords) {
        topic = Topics.samples(model);
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                        PARTITION_BYTES,
                        ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
                        ALL_PARTITIONS_BYTES,
                        ConsumerConfig.RECEIVE_BUFFER_CONFIG,
                        SYSTEMS_OWN,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "none",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        // Under load one fetch for what the join writes in this time.
                        ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                        FETCH_BYTES,
                        ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                        (int) GATHER.toMillis(),
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

    /** The records of a partition that are there now: {@code beginning .. end-1}. */
    public record Extent(int partition, long beginning, long end) {}

    /** Of every partition. */
    public List<Extent> extents() {
        Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        return partitions.stream()
                .map(p -> new Extent(p.partition(), beginnings.getOrDefault(p, 0L), ends.getOrDefault(p, 0L)))
                .toList();
    }

    /**
     * Goes on at these offsets; where the log no longer has them, where it begins: weights from files have learned none
     * of it, those of an old version less than is left.
     */
    public void seek(ToLongFunction<Integer> nextOffset) {
        readAhead.clear();
        Map<TopicPartition, Long> beginnings = consumer.beginningOffsets(partitions);
        for (TopicPartition partition : partitions) {
            long next = nextOffset.applyAsLong(partition.partition());
            long first = beginnings.getOrDefault(partition, 0L);
            if (next < first) {
                LOG.warn(
                        "{}: records {}..{} are no longer there; learning goes on behind them",
                        partition,
                        next,
                        first - 1);
            }
            consumer.seek(partition, Math.max(next, first));
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
     * The records of one partition from where it stands to {@code to} (exclusive). Between {@link #seek} and the first
     * {@link #poll}, so that a recovering learner can take partitions in the order in which it took them before.
     *
     * @param patience longest time without a record
     * @throws IllegalStateException when they do not come
     */
    public List<ConsumerRecord<byte[], byte[]>> readTo(int partition, long to, Duration patience) {
        TopicPartition only = new TopicPartition(topic, partition);
        Deque<ConsumerRecord<byte[], byte[]>> ahead = readAhead.computeIfAbsent(only, p -> new ArrayDeque<>());
        consumer.pause(partitions);
        consumer.resume(List.of(only));
        long deadlineNs = System.nanoTime() + patience.toNanos();
        while (consumer.position(only) < to) {
            if (System.nanoTime() > deadlineNs) {
                throw new IllegalStateException("%s: records %d..%d did not come within %s"
                        .formatted(only, consumer.position(only), to - 1, patience));
            }
            if (ahead.addAll(consumer.poll(RANGE_POLL).records(only))) {
                deadlineNs = System.nanoTime() + patience.toNanos();
            }
        }
        consumer.resume(partitions);
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        while (!ahead.isEmpty() && ahead.getFirst().offset() < to) {
            records.add(ahead.removeFirst());
        }
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
