package dev.millrace.learner.remote.map;

import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.wire.Endpoint;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model's shard map on its compacted topic: followed by a thread of its own, and written by owners.
 *
 * <pre>
 *  field     read by   written by
 *  map       anybody   following thread   volatile, immutable
 * </pre>
 */
public final class ShardMapLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ShardMapLog.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final Duration DELIVERY = Duration.ofSeconds(10);

    private final String topic;
    private final String bootstrapServers;
    private final KafkaProducer<byte[], byte[]> producer;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile ShardMap map = ShardMap.EMPTY;

    private ShardMapLog(String bootstrapServers, String model) {
        this.topic = Topics.shards(model);
        this.bootstrapServers = bootstrapServers;
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.MAX_BLOCK_MS_CONFIG,
                        (int) DELIVERY.toMillis(),
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        (int) DELIVERY.toMillis() / 2,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        (int) DELIVERY.toMillis()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        thread = Thread.ofPlatform().name("shard-map-" + model).daemon().unstarted(this::run);
    }

    public static ShardMapLog start(String bootstrapServers, String model) {
        var log = new ShardMapLog(bootstrapServers, model);
        log.thread.start();
        return log;
    }

    /** As far as it was read. */
    public ShardMap map() {
        return map;
    }

    /**
     * Names this process as a shard's owner.
     *
     * @return version of the map that says so
     * @throws IllegalStateException when the log does not take it in time
     */
    public long publish(int shard, List<Endpoint> endpoints, long epoch) throws InterruptedException {
        try {
            var record =
                    new ProducerRecord<>(topic, 0, ShardMapCodec.key(shard), ShardMapCodec.value(endpoints, epoch));
            return producer.send(record)
                            .get(2 * DELIVERY.toMillis(), TimeUnit.MILLISECONDS)
                            .offset()
                    + 1;
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the owner of shard " + shard + " could not be written to " + topic, e);
        }
    }

    private void run() {
        while (closing.getCount() > 0) {
            try (KafkaConsumer<byte[], byte[]> consumer = open()) {
                follow(consumer);
            } catch (RuntimeException e) {
                LOG.warn("{} cannot be read, the map stays at version {}: {}", topic, map.version(), e.toString());
                pause();
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> open() {
        return new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                        100),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private void follow(KafkaConsumer<byte[], byte[]> consumer) {
        TopicPartition only = new TopicPartition(topic, 0);
        consumer.assign(List.of(only));
        consumer.seek(only, map.version());
        while (closing.getCount() > 0) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                take(record);
            }
        }
        consumer.close(CloseOptions.timeout(CLOSE));
    }

    private void take(ConsumerRecord<byte[], byte[]> record) {
        long version = record.offset() + 1;
        try {
            if (record.key() == null || record.value() == null) {
                throw new IllegalArgumentException("a record without a key or a value");
            }
            int shard = ShardMapCodec.shard(record.key());
            map = map.with(version, shard, ShardMapCodec.owner(record.value(), version));
        } catch (IllegalArgumentException e) {
            LOG.error("{} offset {}: {}", topic, record.offset(), e.getMessage());
        }
    }

    private void pause() {
        try {
            if (closing.await(RETRY.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("{} is no longer followed", topic);
            }
        } catch (InterruptedException e) {
            closing.countDown();
        }
    }

    @Override
    public void close() {
        closing.countDown();
        producer.close(Duration.ZERO);
        try {
            if (!thread.join(CLOSE)) {
                LOG.warn("the reader of {} did not stop in {}", topic, CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
