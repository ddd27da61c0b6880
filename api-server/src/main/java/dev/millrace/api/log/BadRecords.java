package dev.millrace.api.log;

import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes over records that no consumer can fetch: a poll that meets one fails, and so does every one after it. */
final class BadRecords {
    private static final Logger LOG = LoggerFactory.getLogger(BadRecords.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int POLLS = 25;

    private BadRecords() {}

    /** Whether a poll failed at a record, and not at the connection or at our rights. */
    static boolean isBad(KafkaException failure) {
        // The client says so in words only: "Received exception when fetching the next record", "corrupt message".
        return failure.getClass() == KafkaException.class || failure instanceof CorruptRecordException;
    }

    /**
     * Reads the partition alone, from where it stands, until a poll succeeds.
     *
     * @return how many offsets were passed over; 0: it was not this partition
     */
    static long pass(Consumer<?, ?> consumer, TopicPartition partition, TailPositions positions) {
        consumer.assign(List.of(partition));
        long from = positions.next(partition).orElseThrow();
        long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        long at = from;
        while (at < end && !readable(consumer, partition, at)) {
            at++;
        }
        if (at > from) {
            LOG.error("{} offsets {} to {} cannot be read and are passed over", partition, from, at - 1);
            positions.goOn(partition, at);
        }
        return at - from;
    }

    private static boolean readable(Consumer<?, ?> consumer, TopicPartition partition, long offset) {
        consumer.seek(partition, offset);
        try {
            for (int i = 0; i < POLLS && consumer.position(partition) == offset; i++) {
                var unused = consumer.poll(POLL);
            }
            return true;
        } catch (KafkaException e) {
            if (isBad(e)) {
                return false;
            }
            throw e;
        }
    }
}
