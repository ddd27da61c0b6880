package dev.millrace.ps.serve;

import dev.millrace.ingest.topic.Topics;
import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.DeltaCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread that reads a model's delta topic and applies it. */
final class DeltaFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaFollower.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration MEND_AGAIN = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(10);
    private static final int MAX_FETCH = 64 << 20;

    private final DeltaApplier applier;
    private final TopicPartition topic;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Thread thread;
    private long catchUpTo;
    private volatile boolean caughtUp;
    private volatile boolean running = true;

    DeltaFollower(String bootstrapServers, String model, DeltaApplier applier) {
        this.applier = applier;
        topic = new TopicPartition(Topics.deltas(model), 0);
        consumer = new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "none",
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                        1,
                        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                        MAX_FETCH),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        thread = Thread.ofPlatform().name("delta-follower-" + model).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    boolean caughtUp() {
        return caughtUp;
    }

    private void run() {
        try (consumer) {
            consumer.assign(List.of(topic));
            long from = applier.restore();
            catchUpTo = consumer.endOffsets(List.of(topic)).getOrDefault(topic, 0L);
            seek(from);
            while (running) {
                poll();
            }
        } catch (WakeupException e) {
            LOG.debug("delta follower of {} stops", topic);
        } catch (IOException | RuntimeException e) {
            LOG.error("delta follower of {} failed; the weights stay as they are", topic, e);
            caughtUp = false;
        }
    }

    private void poll() throws IOException {
        ConsumerRecords<byte[], byte[]> records;
        try {
            records = consumer.poll(POLL);
        } catch (OffsetOutOfRangeException e) {
            LOG.warn("{}: the log no longer holds what follows the rows on disk; mending", topic);
            mend();
            return;
        }
        for (ConsumerRecord<byte[], byte[]> record : records) {
            if (!apply(record)) {
                mend();
                return;
            }
        }
        applier.persist(consumer.position(topic));
        caughtUp = caughtUp || consumer.position(topic) >= catchUpTo;
    }

    /** @return false when deltas are missing before this one */
    private boolean apply(ConsumerRecord<byte[], byte[]> record) {
        try {
            Applied applied = applier.apply(DeltaCodec.decode(record.value()));
            if (applied instanceof Applied.WrongSpec wrong) {
                LOG.warn("{} offset {}: dropped, {}", topic, record.offset(), wrong);
            }
            return !(applied instanceof Applied.Gap);
        } catch (IllegalArgumentException e) {
            // The sequence shows it as a gap at the next one.
            LOG.error("{} offset {}: {}", topic, record.offset(), e.getMessage());
            return true;
        }
    }

    private void mend() throws IOException {
        caughtUp = false;
        consumer.pause(List.of(topic));
        long next = applier.mend();
        while (next < 0 && running) {
            LOG.warn("{}: deltas are missing and no snapshot mends them yet", topic);
            // Paused, so this only waits: the learner writes the next snapshot in its own time.
            consumer.poll(MEND_AGAIN);
            next = applier.mend();
        }
        consumer.resume(List.of(topic));
        if (next >= 0) {
            seek(next);
        }
    }

    private void seek(long offset) {
        if (offset < 0) {
            consumer.seekToBeginning(List.of(topic));
        } else {
            consumer.seek(topic, offset);
        }
    }

    @Override
    public void close() {
        running = false;
        consumer.wakeup();
        try {
            if (thread.isAlive() && !thread.join(CLOSE)) {
                LOG.warn("delta follower of {} did not stop in {}", topic, CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
