package dev.millrace.learner.sync;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.network.NetworkModel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Writes deltas to their topic in sequence. One is on its way at a time, so that one which fails leaves no later one
 * behind it on the log; the next batch is learned meanwhile. A failure ends in an exception: the learner starts again
 * from its snapshot and the log, so none is skipped. One thread.
 */
public final class DeltaPublisher implements AutoCloseable {
    private static final Duration DELIVERY = Duration.ofSeconds(30);

    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;
    private CompletableFuture<Long> last;

    /**
     * @throws IllegalArgumentException when the layers of the spec's network, which travel together, are more than a delta
     *     has room for
     */
    public static void checkFits(ModelSpec spec) {
        int rows = new NetworkModel(spec).denseRows();
        int most = DeltaCodec.maxRows(spec.rowWidth());
        if (rows > most) {
            throw new IllegalArgumentException(
                    "model %s: network.hidden makes layers of %,d floats, and %,d travel with"
                                    .formatted(
                                            spec.model(), (long) rows * spec.rowWidth(), (long) most * spec.rowWidth())
                            + " each delta at most: make its layers smaller");
        }
    }

    /** @param lastOffset offset of the last delta on the topic; −1: none */
    public DeltaPublisher(String bootstrapServers, String model, long lastOffset) {
        this.topic = Topics.deltas(model);
        this.last = CompletableFuture.completedFuture(lastOffset);
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
                        Topics.MAX_RECORD_BYTES,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        (int) DELIVERY.toMillis() / 3,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        (int) DELIVERY.toMillis()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** Waits until the one before is acknowledged. */
    public void send(Delta delta) throws InterruptedException {
        flush();
        var record = new ProducerRecord<byte[], byte[]>(topic, delta.header().shard(), null, DeltaCodec.encode(delta));
        var sent = new CompletableFuture<Long>();
        var unused = producer.send(record, (written, failure) -> {
            if (failure == null) {
                sent.complete(written.offset());
            } else {
                sent.completeExceptionally(failure);
            }
        });
        last = sent;
    }

    /** Offset of the last delta, once it is acknowledged. */
    public Future<Long> acknowledged() {
        return last;
    }

    /** Waits until every delta is acknowledged. @return offset of the last one */
    public long flush() throws InterruptedException {
        try {
            // Twice the delivery time-out: the producer itself decides before that.
            return last.get(2 * DELIVERY.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("a delta could not be written to " + topic, e);
        }
    }

    /** At once: what is still on its way failed, or was awaited by {@link #flush}. */
    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}
