package dev.millrace.learner.remote.run;

import dev.millrace.ingest.topic.Topics;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** How many shards a model has: the partitions of its delta topic. */
final class Shards {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private Shards() {}

    /** @throws IOException when Kafka does not answer, or has no such topic */
    static int count(String bootstrapServers, String model) throws IOException {
        String topic = Topics.deltas(model);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<PartitionInfo> partitions = consumer.partitionsFor(topic, PATIENCE);
            if (partitions == null || partitions.isEmpty()) {
                throw new IOException("Kafka at " + bootstrapServers + " has no topic " + topic
                        + "; create the model's topics first (millrace broker --spec, or your cluster's tools)");
            }
            return partitions.size();
        } catch (KafkaException e) {
            throw new IOException("no answer about " + topic + " from Kafka at '" + bootstrapServers + "'", e);
        }
    }
}
