package dev.millrace.join.flink;

import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Writes a record to its topic, in the one partition that belongs to the subtask. A block holds many requests, so there
 * is no key to spread by; one writer a partition keeps the join's order, and its watermarks rise within a partition.
 */
final class TopicRecordWriter implements KafkaRecordSerializationSchema<TopicRecord> {
    private static final long serialVersionUID = 1;

    @Override
    public ProducerRecord<byte[], byte[]> serialize(TopicRecord record, KafkaSinkContext context, Long timeMs) {
        int[] partitions = context.getPartitionsForTopic(record.topic());
        int partition = partitions[context.getParallelInstanceId() % partitions.length];
        return new ProducerRecord<>(record.topic(), partition, null, record.value());
    }
}
