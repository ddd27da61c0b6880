package dev.millrace.ingest.letter;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The dead-letter topic of one Kafka. One thread. */
public final class DeadLetterLog {
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final int SENDS_ON_THEIR_WAY = 1_000;

    private final String bootstrapServers;

    public DeadLetterLog(String bootstrapServers) {
        this.bootstrapServers = bootstrapServers;
    }

    /**
     * A stretch of the topic.
     *
     * @param from first offset
     * @param to offset after the last; what comes while it is read is not in it
     */
    public record Range(long from, long to) {
        public static final Range ALL = new Range(0, Long.MAX_VALUE);
    }

    /**
     * What a replay did.
     *
     * @param played events that are on the log again
     * @param unplayable letters that hold no event that could be
     * @param next offset after the last letter that was looked at
     */
    public record Replayed(long played, long unplayable, long next) {}

    /**
     * Reads letters in their order.
     *
     * @return offset after the last letter that was looked at
     * @throws IllegalStateException when Kafka does not answer or has no such topic
     */
    public long read(Range range, LetterFilter filter, Consumer<StoredLetter> out) {
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "default.api.timeout.ms",
                        (int) ANSWER.toMillis(),
                        "auto.offset.reset",
                        "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            TopicPartition partition = partition(consumer);
            consumer.assign(List.of(partition));
            long end = Objects.requireNonNull(
                    consumer.endOffsets(List.of(partition)).get(partition));
            long begin = Objects.requireNonNull(
                    consumer.beginningOffsets(List.of(partition)).get(partition));
            long to = Math.min(range.to(), end);
            long next = Math.max(range.from(), begin);
            consumer.seek(partition, next);
            while (next < to) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (record.offset() < to) {
                        parse(record)
                                .filter(stored -> filter.takes(stored.letter()))
                                .ifPresent(out);
                    }
                }
                next = consumer.position(partition);
            }
            return Math.min(next, to);
        } catch (KafkaException e) {
            throw new IllegalStateException("no answer from Kafka at " + bootstrapServers, e);
        }
    }

    private TopicPartition partition(KafkaConsumer<byte[], byte[]> consumer) {
        List<PartitionInfo> partitions = consumer.partitionsFor(Topics.DEAD_LETTERS);
        if (partitions == null || partitions.isEmpty()) {
            throw new IllegalStateException(
                    "no topic " + Topics.DEAD_LETTERS + " at " + bootstrapServers + "; does a millrace write there?");
        }
        return new TopicPartition(Topics.DEAD_LETTERS, 0);
    }

    private static Optional<StoredLetter> parse(ConsumerRecord<byte[], byte[]> record) {
        try {
            return Optional.of(new StoredLetter(record.offset(), DeadLetter.parseFrom(record.value())));
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }

    /**
     * Writes the events of letters to the log once more, in their order, each with its own stamps. What cannot be used
     * again becomes a dead letter again, behind the range that is read.
     */
    public Replayed replay(Range range, LetterFilter filter) {
        long[] counts = new long[2];
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of(
                        "bootstrap.servers",
                        bootstrapServers,
                        "acks",
                        "all",
                        "max.request.size",
                        Topics.MAX_RECORD_BYTES,
                        "delivery.timeout.ms",
                        (int) ANSWER.toMillis(),
                        "request.timeout.ms",
                        (int) ANSWER.toMillis() / 2),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            List<Future<?>> sends = new ArrayList<>();
            long next = read(
                    range,
                    filter,
                    stored -> ReplayedEvent.of(stored.letter())
                            .ifPresentOrElse(
                                    event -> {
                                        sends.add(producer.send(new ProducerRecord<>(
                                                event.topic(),
                                                event.requestId().getBytes(StandardCharsets.UTF_8),
                                                event.envelope())));
                                        counts[0]++;
                                        if (sends.size() >= SENDS_ON_THEIR_WAY) {
                                            await(sends);
                                        }
                                    },
                                    () -> counts[1]++));
            await(sends);
            return new Replayed(counts[0], counts[1], next);
        }
    }

    private static void await(List<Future<?>> sends) {
        try {
            for (Future<?> send : sends) {
                send.get(2 * ANSWER.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("not every letter is on the log again; play them once more", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while playing letters", e);
        }
        sends.clear();
    }
}
