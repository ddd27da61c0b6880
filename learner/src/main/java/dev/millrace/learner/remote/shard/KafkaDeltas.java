package dev.millrace.learner.remote.shard;

import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A model's delta topic, for all shards of one process. Any thread. */
public final class KafkaDeltas implements AutoCloseable {
    private static final Duration DELIVERY = Duration.ofSeconds(10);
    /** Of a call, when the topic cannot be looked up: the shard's owner waits so long. */
    private static final Duration BLOCK = Duration.ofMillis(500);

    private final String topic;
    private final KafkaProducer<byte[], byte[]> producer;

    public KafkaDeltas(String bootstrapServers, String model) {
        topic = Topics.deltas(model);
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
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        (int) BLOCK.toMillis(),
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        (int) DELIVERY.toMillis() / 2,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        (int) DELIVERY.toMillis()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    /** The end of one shard's partition. */
    public DeltaWriter writer(int shard) {
        return new DeltaWriter() {
            @Override
            public CompletableFuture<Long> append(Delta delta) {
                return send(shard, DeltaCodec.encode(delta));
            }

            @Override
            public void close() {
                // The producer is the process's.
            }
        };
    }

    private CompletableFuture<Long> send(int shard, byte[] delta) {
        CompletableFuture<Long> answer = new CompletableFuture<>();
        try {
            Future<RecordMetadata> sent = producer.send(
                    new ProducerRecord<>(topic, shard, null, delta),
                    (metadata, failure) -> complete(answer, metadata, failure));
            if (sent.isCancelled()) {
                answer.cancel(false);
            }
        } catch (RuntimeException e) {
            answer.completeExceptionally(e);
        }
        return answer;
    }

    private static void complete(
            CompletableFuture<Long> answer,
            @org.jspecify.annotations.Nullable RecordMetadata metadata,
            @org.jspecify.annotations.Nullable Exception failure) {
        if (failure != null) {
            answer.completeExceptionally(failure);
        } else if (metadata != null) {
            answer.complete(metadata.offset());
        }
    }

    /** At once: what was not acknowledged is sent again by the next owner. */
    @Override
    public void close() {
        producer.close(Duration.ZERO);
    }
}
