package dev.millrace.learner.sync;

import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes deltas to their topic in sequence, a bounded number on their way. A delta that cannot be written ends in an
 * exception: the learner then starts again from its snapshot and the log, so none is skipped. One thread.
 */
public final class DeltaPublisher implements AutoCloseable {
    private static final int MAX_ON_THE_WAY = 64;
    private static final int MAX_REQUEST = 16 << 20;
    private static final Duration DELIVERY = Duration.ofSeconds(30);

    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Deque<Future<RecordMetadata>> onTheWay = new ArrayDeque<>();
    private long lastOffset;

    /** @param lastOffset offset of the last delta on the topic; −1: none */
    public DeltaPublisher(String bootstrapServers, String model, long lastOffset) {
        this.topic = Topics.deltas(model);
        this.lastOffset = lastOffset;
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.LINGER_MS_CONFIG,
                        0,
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                        MAX_REQUEST,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        (int) DELIVERY.toMillis() / 3,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        (int) DELIVERY.toMillis()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** Waits for the oldest acknowledgement first when too many are on their way. */
    public void send(Delta delta) throws InterruptedException {
        while (onTheWay.size() >= MAX_ON_THE_WAY
                || (!onTheWay.isEmpty() && onTheWay.peekFirst().isDone())) {
            settleOldest();
        }
        onTheWay.addLast(
                producer.send(new ProducerRecord<>(topic, delta.header().shard(), null, DeltaCodec.encode(delta))));
    }

    /** Waits until every delta is acknowledged. @return offset of the last one */
    public long flush() throws InterruptedException {
        while (!onTheWay.isEmpty()) {
            settleOldest();
        }
        return lastOffset;
    }

    private void settleOldest() throws InterruptedException {
        try {
            // Twice the delivery time-out: the producer itself decides before that.
            lastOffset = onTheWay.removeFirst()
                    .get(2 * DELIVERY.toMillis(), TimeUnit.MILLISECONDS)
                    .offset();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("a delta could not be written to " + topic, e);
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
    }
}
