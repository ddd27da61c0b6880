package dev.millrace.learner.sync;

import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end of the delta log behind a snapshot: what a learner that starts again has published already. */
public final class DeltaTail {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaTail.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int MAX_FETCH = 64 << 20;

    private DeltaTail() {}

    /** Takes one delta and its offset. */
    @FunctionalInterface
    public interface Reader {
        void delta(long offset, Delta delta);
    }

    /**
     * Reads every delta from an offset to the end that the topic has now.
     *
     * @param from −1, or no longer there: the topic's beginning
     * @param patience longest time without a record
     * @throws IllegalStateException when the records do not come
     */
    public static void read(String bootstrapServers, String model, int shard, long from, Duration patience, Reader to) {
        TopicPartition partition = new TopicPartition(Topics.deltas(model), shard);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "none",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                        MAX_FETCH),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
            long beginning = consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
            if (from >= 0 && from < beginning) {
                LOG.warn("{}: deltas {}..{} are no longer there", partition, from, beginning - 1);
            }
            consumer.seek(partition, Math.max(from, beginning));
            long deadlineNs = System.nanoTime() + patience.toNanos();
            while (consumer.position(partition) < end) {
                if (System.nanoTime() > deadlineNs) {
                    throw new IllegalStateException(partition + ": deltas up to offset " + end + " did not come");
                }
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    to.delta(record.offset(), DeltaCodec.decode(record.value()));
                    deadlineNs = System.nanoTime() + patience.toNanos();
                }
            }
        }
    }
}
