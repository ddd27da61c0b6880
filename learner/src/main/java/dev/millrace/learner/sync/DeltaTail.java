package dev.millrace.learner.sync;

import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end of the delta log behind a snapshot: what a learner that starts again has published already. */
public final class DeltaTail {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaTail.class);
    private static final Duration POLL = Duration.ofMillis(100);
    /** Only the end, whatever comes before. */
    private static final long LAST = Long.MAX_VALUE;
    /** A failed session may have left a few on the log that were sent again. */
    private static final int ENOUGH = 16;

    private static final int MAX_FETCH = 64 << 20;

    private DeltaTail() {}

    /** Takes one delta and its offset. */
    @FunctionalInterface
    public interface Reader {
        void delta(long offset, Delta delta);
    }

    /**
     * The delta with the highest sequence among the last ones on the topic, and the offset of the last; none on an empty
     * topic.
     */
    public static Optional<End> end(String bootstrapServers, String model, int shard, Duration patience) {
        AtomicReference<@Nullable End> last = new AtomicReference<>();
        read(bootstrapServers, model, shard, LAST, patience, (offset, delta) -> {
            End before = last.get();
            long sequence = delta.header().sequence();
            last.set(new End(before == null ? sequence : Math.max(before.sequence(), sequence), offset));
        });
        return Optional.ofNullable(last.get());
    }

    /** Where the deltas of a shard end. */
    public record End(long sequence, long offset) {}

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
            consumer.seek(partition, from == LAST ? Math.max(beginning, end - ENOUGH) : Math.max(from, beginning));
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
