package dev.millrace.deploy.chaos;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.model.LinearModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** What every row must have counted: read off the samples' log, one sample after the other. */
final class ChaosOracle implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final LinearModel model;
    private final List<TopicPartition> partitions = new ArrayList<>();
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Map<Integer, List<SampleBlock>> blocks = new HashMap<>();
    private final Map<Integer, Set<Long>> seen = new HashMap<>();
    private final Map<Long, Count> rows = new HashMap<>();
    private long samples;
    private long duplicates;
    private long idSum;

    /** @param idSum wrapping */
    record Count(long updates, long idSum) {
        Count plus(long sampleId) {
            return new Count(updates + 1, idSum + sampleId);
        }
    }

    ChaosOracle(String bootstrapServers, ModelSpec spec, int partitionCount) {
        model = new LinearModel(spec);
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        for (int p = 0; p < partitionCount; p++) {
            partitions.add(new TopicPartition(Topics.samples(spec.model()), p));
            blocks.put(p, new ArrayList<>());
            seen.put(p, new HashSet<>());
        }
        consumer.assign(partitions);
    }

    /** Reads to the end that the log has now. @return that end, by partition */
    SortedMap<Integer, Long> read() {
        SortedMap<Integer, Long> ends = new TreeMap<>();
        consumer.endOffsets(partitions, PATIENCE).forEach((tp, end) -> ends.put(tp.partition(), end));
        long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        while (partitions.stream().anyMatch(tp -> consumer.position(tp) < ends.getOrDefault(tp.partition(), 0L))) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new IllegalStateException("the samples' log was not read in " + PATIENCE);
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                count(record.partition(), SampleBlockCodec.decode(record.value()));
            }
        }
        return ends;
    }

    private void count(int partition, SampleBlock block) {
        blocks.getOrDefault(partition, new ArrayList<>()).add(block);
        Set<Long> ids = seen.getOrDefault(partition, new HashSet<>());
        for (int i = 0; i < block.size(); i++) {
            long id = block.sampleId(i);
            if (!ids.add(id)) {
                duplicates++;
                continue;
            }
            samples++;
            idSum += id;
            for (int f = block.offset(i); f < block.offset(i + 1); f++) {
                long key = block.featureId(f);
                add(key, id);
                if (model.isStandardized(key)) {
                    add(FeatureIds.pack(FeatureIds.slotOf(key), Vectorizer.NUMBER_MEAN), id);
                }
            }
        }
    }

    private void add(long key, long sampleId) {
        rows.merge(key, new Count(1, sampleId), (known, one) -> known.plus(sampleId));
    }

    /** Every row, by key. */
    Map<Long, Count> rows() {
        return rows;
    }

    /** The records of a partition, by offset. */
    List<SampleBlock> blocks(int partition) {
        return blocks.getOrDefault(partition, List.of());
    }

    /** Distinct ones. */
    long samples() {
        return samples;
    }

    long duplicates() {
        return duplicates;
    }

    /** Wrapping, of the distinct ones. */
    long idSum() {
        return idSum;
    }

    @Override
    public void close() {
        consumer.close();
    }
}
