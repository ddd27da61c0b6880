package dev.millrace.ps.version;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.proto.VersionEvent;
import dev.millrace.ingest.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model's registry on its compacted topic: a thread reads it into a {@link VersionBook}; anybody writes, and is told
 * whether it counted. Every record has a key of its own, so that compaction takes nothing but what was
 * deleted, and evidence that newer evidence replaced.
 *
 * <pre>
 *  field      read by    written by       guard
 *  book       anybody    reading thread   volatile; lock tells who waits
 *  caughtUp   anybody    reading thread   with book
 * </pre>
 */
public final class VersionLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VersionLog.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration ACKNOWLEDGED = Duration.ofSeconds(10);
    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final TopicPartition partition;
    private final String bootstrapServers;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Thread thread;
    private final Object lock = new Object();
    private volatile VersionBook book = VersionBook.EMPTY;
    private volatile boolean caughtUp;
    private volatile boolean closing;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

    private VersionLog(String bootstrapServers, String model) {
        this.bootstrapServers = bootstrapServers;
        partition = new TopicPartition(Topics.versions(model), 0);
        producer = new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.LINGER_MS_CONFIG,
                        0,
                        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                        (int) ACKNOWLEDGED.toMillis() / 2,
                        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                        (int) ACKNOWLEDGED.toMillis()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        thread = Thread.ofPlatform().name("versions-" + model).daemon().unstarted(this::run);
    }

    /** Reads from the beginning, on a thread of its own; the topic must exist. */
    public static VersionLog open(String bootstrapServers, String model) {
        VersionLog log = new VersionLog(bootstrapServers, model);
        log.thread.start();
        return log;
    }

    /** What is known now. */
    public VersionBook book() {
        return book;
    }

    /** Returns once all that stood on the topic has been read. @return false when it was not within this time */
    public boolean awaitCaughtUp(Duration atMost) throws InterruptedException {
        return await(known -> caughtUp, atMost);
    }

    /** Returns once the book is so. @return false when it was not within this time */
    public boolean await(Predicate<VersionBook> wanted, Duration atMost) throws InterruptedException {
        long deadlineNs = System.nanoTime() + atMost.toNanos();
        synchronized (lock) {
            while (!wanted.test(book)) {
                long leftNs = deadlineNs - System.nanoTime();
                if (leftNs <= 0) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(lock, leftNs);
            }
            return true;
        }
    }

    /**
     * Writes an event, and waits until it stands and is read.
     *
     * @return its offset
     * @throws RevisionConflict when it expected another revision than it met
     * @throws IllegalStateException when the log does not acknowledge, or is not read, in time
     */
    public long append(VersionEvent event) throws InterruptedException {
        long offset = send(key(event), event.toByteArray());
        if (!await(known -> known.next() > offset, ACKNOWLEDGED)) {
            throw new IllegalStateException(partition + ": what was written is not read within " + ACKNOWLEDGED);
        }
        VersionBook known = book;
        if (event.getExpectedRevision() != 0 && !known.counted(offset)) {
            throw new RevisionConflict(event.getExpectedRevision() - 1, known.revision());
        }
        return offset;
    }

    /** Lets compaction take a retired version's record. */
    public void forget(long version) throws InterruptedException {
        send("version-" + version, null);
    }

    private static String key(VersionEvent event) {
        if (event.hasEvidence()) {
            // The newest is all that is needed.
            return "arm-evidence";
        }
        return event.hasMade() ? "version-" + event.getMade().getNumber() : "event-" + UUID.randomUUID();
    }

    private long send(String key, byte @Nullable [] value) throws InterruptedException {
        var record = new ProducerRecord<byte[], byte @Nullable []>(
                partition.topic(), partition.partition(), key.getBytes(StandardCharsets.UTF_8), value);
        try {
            return producer.send(record)
                    .get(2 * ACKNOWLEDGED.toMillis(), TimeUnit.MILLISECONDS)
                    .offset();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException(partition + ": the log does not acknowledge", e);
        }
    }

    private void run() {
        while (!closing) {
            try (KafkaConsumer<byte[], byte[]> opened = consumer()) {
                consumer = opened;
                read(opened);
            } catch (WakeupException e) {
                LOG.debug("{} is read no more", partition, e);
            } catch (KafkaException e) {
                LOG.warn("{} cannot be read, trying again: {}", partition, e.toString());
                pause();
            }
        }
    }

    private void pause() {
        try {
            await(known -> closing, AGAIN);
        } catch (InterruptedException e) {
            closing = true;
            Thread.currentThread().interrupt();
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        return new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        false,
                        ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                        "earliest",
                        ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                        1),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private void read(KafkaConsumer<byte[], byte[]> from) {
        from.assign(List.of(partition));
        from.seek(partition, book.next());
        long end = from.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        while (!closing) {
            VersionBook known = book;
            for (ConsumerRecord<byte[], byte[]> record : from.poll(POLL)) {
                known = take(known, record);
            }
            boolean whole = caughtUp || from.position(partition) >= end;
            if (known.next() != book.next() || whole != caughtUp) {
                synchronized (lock) {
                    book = known;
                    caughtUp = whole;
                    lock.notifyAll();
                }
            }
        }
    }

    private VersionBook take(VersionBook known, ConsumerRecord<byte[], byte @Nullable []> record) {
        byte[] value = record.value();
        if (value == null) {
            return known.past(record.offset());
        }
        try {
            return known.with(record.offset(), VersionEvent.parseFrom(value));
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            LOG.error("{} offset {} is passed over: {}", partition, record.offset(), e.toString());
            return known.past(record.offset());
        }
    }

    @Override
    public void close() {
        closing = true;
        synchronized (lock) {
            lock.notifyAll();
        }
        KafkaConsumer<byte[], byte[]> reading = consumer;
        if (reading != null) {
            reading.wakeup();
        }
        try {
            if (!thread.join(CLOSE)) {
                LOG.warn("{} is read on", partition);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close(CLOSE);
    }
}
