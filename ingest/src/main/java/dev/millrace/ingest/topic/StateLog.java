package dev.millrace.ingest.topic;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
 * What a compacted topic of one partition says, as an immutable book: a thread reads it, anybody writes and sees what
 * became of it. Everybody who read as far has the same book.
 *
 * <pre>
 *  field          read by    written by       guard
 *  seen           anybody    reading thread   volatile; lock tells who waits
 * </pre>
 */
public final class StateLog<B> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StateLog.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration ACKNOWLEDGED = Duration.ofSeconds(10);
    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    /** Makes the next book. */
    @FunctionalInterface
    public interface Fold<B> {
        /**
         * @param value null: the key was deleted
         * @throws Exception when the record cannot be read: it is passed over
         */
        B with(B book, long offset, String key, byte @Nullable [] value) throws Exception;
    }

    /** Makes the next book of a record that says nothing. */
    @FunctionalInterface
    public interface Pass<B> {
        B past(B book, long offset);
    }

    private record Seen<B>(B book, long next, boolean caughtUp) {}

    private final TopicPartition partition;
    private final String bootstrapServers;
    private final Fold<B> fold;
    private final Pass<B> passedOver;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Thread thread;
    private final Object lock = new Object();
    private volatile Seen<B> seen;
    private volatile boolean closing;
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

    private StateLog(String bootstrapServers, String topic, B empty, Fold<B> fold, Pass<B> passedOver) {
        this.bootstrapServers = bootstrapServers;
        this.fold = fold;
        this.passedOver = passedOver;
        partition = new TopicPartition(topic, 0);
        seen = new Seen<>(empty, 0, false);
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
        thread = new Thread(this::run, "state-" + topic);
        thread.setDaemon(true);
    }

    /**
     * Reads from the beginning, on a thread of its own; the topic must exist.
     *
     * @param passedOver of a record that the fold cannot read
     */
    public static <B> StateLog<B> open(
            String bootstrapServers, String topic, B empty, Fold<B> fold, Pass<B> passedOver) {
        StateLog<B> log = new StateLog<>(bootstrapServers, topic, empty, fold, passedOver);
        log.thread.start();
        return log;
    }

    /** What is known now. */
    public B book() {
        return seen.book();
    }

    /** Returns once all that stood on the topic has been read. @return false when it was not within this time */
    public boolean awaitCaughtUp(Duration atMost) throws InterruptedException {
        return awaitSeen(Seen::caughtUp, atMost);
    }

    /** Returns once the book is so. @return false when it was not within this time */
    public boolean await(Predicate<B> wanted, Duration atMost) throws InterruptedException {
        return awaitSeen(known -> wanted.test(known.book()), atMost);
    }

    private boolean awaitSeen(Predicate<Seen<B>> wanted, Duration atMost) throws InterruptedException {
        long deadlineNs = System.nanoTime() + atMost.toNanos();
        synchronized (lock) {
            while (!wanted.test(seen)) {
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
     * Writes a record, and waits until it stands and is read.
     *
     * @return its offset
     * @throws IllegalStateException when the log does not acknowledge, or is not read, in time
     */
    public long append(String key, byte[] value) throws InterruptedException {
        long offset = send(key, value);
        if (!awaitSeen(known -> known.next() > offset, ACKNOWLEDGED)) {
            throw new IllegalStateException(partition + ": what was written is not read within " + ACKNOWLEDGED);
        }
        return offset;
    }

    /** Lets compaction take a key's record. */
    public void forget(String key) throws InterruptedException {
        send(key, null);
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
            awaitSeen(known -> closing, AGAIN);
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
        from.seek(partition, seen.next());
        long end = from.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
        while (!closing) {
            Seen<B> before = seen;
            B book = before.book();
            long next = before.next();
            for (ConsumerRecord<byte[], byte[]> record : from.poll(POLL)) {
                book = take(book, record);
                next = record.offset() + 1;
            }
            boolean whole = before.caughtUp() || from.position(partition) >= end;
            if (next != before.next() || whole != before.caughtUp()) {
                synchronized (lock) {
                    seen = new Seen<>(book, next, whole);
                    lock.notifyAll();
                }
            }
        }
    }

    private B take(B book, ConsumerRecord<byte[], byte @Nullable []> record) {
        String key = record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
        try {
            return fold.with(book, record.offset(), key, record.value());
        } catch (Exception e) {
            LOG.error("{} offset {} is passed over: {}", partition, record.offset(), e.toString());
            return passedOver.past(book, record.offset());
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
            thread.join(CLOSE.toMillis());
            if (thread.isAlive()) {
                LOG.warn("{} is read on", partition);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close(CLOSE);
    }
}
