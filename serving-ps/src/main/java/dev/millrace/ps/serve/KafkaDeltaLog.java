package dev.millrace.ps.serve;

import dev.millrace.ingest.topic.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A delta topic in Kafka. Made without a connection; the first call makes one. */
public final class KafkaDeltaLog implements DeltaLog {
    private static final Duration CLOSE = Duration.ofSeconds(2);
    private static final int MAX_FETCH = 64 << 20;
    private static final byte[] NOTHING = {};

    private final String topic;
    private final ShardSet wanted;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private List<TopicPartition> partitions = List.of();

    /** @throws org.apache.kafka.common.KafkaException when there can be no client of these servers */
    public KafkaDeltaLog(String bootstrapServers, String model) {
        this(bootstrapServers, model, ShardSet.ALL);
    }

    /** @param wanted the only shards that are read; of the others the log is empty */
    public KafkaDeltaLog(String bootstrapServers, String model, ShardSet wanted) {
        topic = Topics.deltas(model);
        this.wanted = wanted;
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "none",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false,
                        ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                        1,
                        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                        MAX_FETCH),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /** @throws IllegalStateException when there is no such topic yet */
    @Override
    public int shards() {
        if (partitions.isEmpty()) {
            int found = consumer.partitionsFor(topic).size();
            if (found == 0) {
                throw new IllegalStateException("there is no topic " + topic + " yet");
            }
            wanted.checkOf(found);
            partitions = IntStream.range(0, found)
                    .mapToObj(shard -> new TopicPartition(topic, shard))
                    .toList();
            List<TopicPartition> read = read();
            consumer.assign(read);
            consumer.pause(read);
        }
        return partitions.size();
    }

    private List<TopicPartition> read() {
        return partitions.stream().filter(p -> wanted.contains(p.partition())).toList();
    }

    private TopicPartition partition(int shard) {
        shards();
        return partitions.get(shard);
    }

    @Override
    public long[] ends() {
        shards();
        Map<TopicPartition, Long> ends = consumer.endOffsets(read());
        return partitions.stream().mapToLong(p -> ends.getOrDefault(p, 0L)).toArray();
    }

    @Override
    public void seek(int shard, long offset) {
        TopicPartition partition = partition(shard);
        if (!wanted.contains(shard)) {
            return;
        }
        if (offset < 0) {
            consumer.seekToBeginning(List.of(partition));
        } else {
            consumer.seek(partition, offset);
        }
        consumer.resume(List.of(partition));
    }

    @Override
    public void pause(int shard) {
        if (wanted.contains(shard)) {
            consumer.pause(List.of(partition(shard)));
        }
    }

    @Override
    public long position(int shard) {
        return wanted.contains(shard) ? consumer.position(partition(shard)) : 0;
    }

    @Override
    public List<Entry> poll(Duration atMost) throws ExpiredException {
        List<Entry> entries = new ArrayList<>();
        try {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(atMost)) {
                byte[] value = record.value() == null ? NOTHING : record.value();
                entries.add(new Entry(record.partition(), record.offset(), value));
            }
        } catch (OffsetOutOfRangeException e) {
            List<Integer> shards =
                    e.partitions().stream().map(TopicPartition::partition).toList();
            throw new ExpiredException(topic + " no longer holds the next records of shards " + shards, shards, e);
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
