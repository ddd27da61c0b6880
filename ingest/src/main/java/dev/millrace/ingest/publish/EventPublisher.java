package dev.millrace.ingest.publish;

import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Heartbeat;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes impressions and actions to the log, and heartbeats that carry event time on while nobody ranks. A future
 * completes when the log holds the record, and fails when it may not. Safe for many threads.
 */
public final class EventPublisher implements AutoCloseable {
    /** Some twenty impressions of twenty items. */
    private static final int BATCH_BYTES = 128 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(EventPublisher.class);

    /**
     * @param heartbeat how often event time is written to every partition
     * @param maxBlock longest wait for metadata or for room in the buffer, before a send fails
     * @param deliveryTimeout longest time until a send succeeds or fails; shorter than callers wait, so that what they
     *     were told has failed does not arrive later
     * @param linger how long a record may wait for others to be written with it: under load the broker has one request
     *     for many
     * @param bufferBytes bound of what is on its way
     */
    public record Config(
            String bootstrapServers,
            Duration heartbeat,
            Duration maxBlock,
            Duration deliveryTimeout,
            Duration linger,
            long bufferBytes) {
        public static Config of(String bootstrapServers) {
            return new Config(
                    bootstrapServers,
                    Duration.ofMillis(100),
                    Duration.ofMillis(500),
                    Duration.ofMillis(1500),
                    Duration.ofMillis(1),
                    64L << 20);
        }
    }

    private final Clock clock;
    private final KafkaProducer<byte[], byte[]> producer;
    private final ScheduledExecutorService heart;

    public EventPublisher(Config config, Clock clock) {
        this.clock = clock;
        producer = new KafkaProducer<>(
                Map.ofEntries(
                        Map.entry(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers()),
                        Map.entry(ProducerConfig.ACKS_CONFIG, "all"),
                        Map.entry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true),
                        Map.entry(ProducerConfig.LINGER_MS_CONFIG, (int)
                                config.linger().toMillis()),
                        // What comes while the broker writes goes with the next request: the busier, the fewer for
                        // each.
                        Map.entry(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1),
                        Map.entry(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES),
                        Map.entry(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.MAX_RECORD_BYTES),
                        Map.entry(ProducerConfig.BUFFER_MEMORY_CONFIG, config.bufferBytes()),
                        Map.entry(
                                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                                config.maxBlock().toMillis()),
                        Map.entry(
                                ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                                (int) config.deliveryTimeout().toMillis() / 2),
                        Map.entry(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int)
                                config.deliveryTimeout().toMillis())),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        heart = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "event-heartbeat");
            thread.setDaemon(true);
            return thread;
        });
        long period = config.heartbeat().toMillis();
        var unused = heart.scheduleAtFixedRate(this::beat, 0, period, TimeUnit.MILLISECONDS);
    }

    public CompletableFuture<Void> impression(Impression impression) {
        return send(
                Topics.IMPRESSIONS,
                impression.getRequestId(),
                Envelope.newBuilder().setImpression(impression).build());
    }

    /** An {@link Envelope} with an impression that is encoded already. */
    public CompletableFuture<Void> impression(String requestId, byte[] envelope) {
        byte[] keyBytes = requestId.getBytes(StandardCharsets.UTF_8);
        return send(new ProducerRecord<>(Topics.IMPRESSIONS, keyBytes, envelope));
    }

    public CompletableFuture<Void> action(Action action) {
        return send(
                Topics.ACTIONS,
                action.getRequestId(),
                Envelope.newBuilder().setAction(action).build());
    }

    private CompletableFuture<Void> send(String topic, String key, Envelope envelope) {
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        return send(new ProducerRecord<>(topic, keyBytes, envelope.toByteArray()));
    }

    private CompletableFuture<Void> send(ProducerRecord<byte[], byte[]> record) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        try {
            var unused = producer.send(record, (metadata, failure) -> {
                if (failure == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(failure);
                }
            });
        } catch (KafkaException | IllegalStateException e) {
            done.completeExceptionally(e);
        }
        return done;
    }

    private void beat() {
        byte[] heartbeat = Envelope.newBuilder()
                .setHeartbeat(Heartbeat.newBuilder().setTimeMs(clock.millis()))
                .build()
                .toByteArray();
        try {
            for (String topic : new String[] {Topics.IMPRESSIONS, Topics.ACTIONS}) {
                for (PartitionInfo partition : producer.partitionsFor(topic)) {
                    var unused = send(new ProducerRecord<>(topic, partition.partition(), null, heartbeat));
                }
            }
        } catch (KafkaException e) {
            LOG.warn("no heartbeat: {}", e.toString());
        }
    }

    /** Waits for what is on its way, within the delivery timeout. */
    @Override
    public void close() {
        heart.shutdownNow();
        producer.close();
    }
}
