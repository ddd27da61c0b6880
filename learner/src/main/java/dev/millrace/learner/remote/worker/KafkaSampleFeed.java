package dev.millrace.learner.remote.worker;

import dev.millrace.ingest.topic.Topics;
import dev.millrace.learner.source.SampleLog;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The samples of the partitions that Kafka's group protocol gives this learner, read ahead by a thread of its own, which
 * also decodes them. Offsets are committed for those who watch the group's lag, and never read again.
 *
 * <pre>
 *  field        read by            written by
 *  buffers      both threads       worker's thread   concurrent map; a buffer's contents under its lock
 *  commands     feeding thread     worker's thread   concurrent queue; bounded by the partitions
 *  assignment   both threads       feeding thread    volatile, immutable
 * </pre>
 */
public final class KafkaSampleFeed implements SampleFeed, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaSampleFeed.class);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final Duration METADATA = Duration.ofSeconds(10);
    private static final Duration SESSION = Duration.ofSeconds(6);
    private static final Duration REBALANCE = Duration.ofSeconds(30);

    /** Hears of what the group decides. Called on the feeding thread. */
    public interface Listener {
        /** @param epoch of the group's generation */
        void assigned(Collection<Integer> partitions, long epoch);

        void revoked(Collection<Integer> partitions);

        /** There may be records where there were none. */
        void fed();
    }

    private final String topic;
    private final String group;
    private final String bootstrapServers;
    private final String instance;
    private final Listener listener;
    private final Map<Integer, FeedBuffer> buffers = new ConcurrentHashMap<>();
    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile SortedMap<Integer, Long> assignment = Collections.emptySortedMap();
    private volatile @Nullable KafkaConsumer<byte[], byte[]> consumer;

    private KafkaSampleFeed(String bootstrapServers, String model, String instance, Listener listener) {
        this.topic = Topics.samples(model);
        this.group = "millrace.learners." + model;
        this.bootstrapServers = bootstrapServers;
        this.instance = instance;
        this.listener = listener;
        this.thread = Thread.ofPlatform().name("samples-" + model).unstarted(this::run);
    }

    /** @param instance names the learner over its restarts: one that comes back in time has its partitions again at once */
    public static KafkaSampleFeed start(String bootstrapServers, String model, String instance, Listener listener) {
        var feed = new KafkaSampleFeed(bootstrapServers, model, instance, listener);
        feed.thread.start();
        return feed;
    }

    // ---- worker's thread ----

    @Override
    public void open(int partition, long from) {
        FeedBuffer buffer = new FeedBuffer();
        buffers.put(partition, buffer);
        command(opened -> {
            TopicPartition tp = new TopicPartition(topic, partition);
            if (opened.assignment().contains(tp)) {
                buffer.beginning(opened.beginningOffsets(List.of(tp), METADATA).getOrDefault(tp, 0L));
                opened.seek(tp, Math.max(from, buffer.beginning()));
                buffer.ready();
            }
        });
    }

    @Override
    public void close(int partition) {
        buffers.remove(partition);
    }

    @Override
    public @Nullable Fed peek(int partition) {
        FeedBuffer buffer = buffers.get(partition);
        return buffer == null ? null : buffer.peek();
    }

    @Override
    public void advance(int partition) {
        FeedBuffer buffer = buffers.get(partition);
        if (buffer != null) {
            buffer.remove();
        }
    }

    @Override
    public long position(int partition) {
        FeedBuffer buffer = buffers.get(partition);
        return buffer == null ? -1 : buffer.position();
    }

    @Override
    public long beginning(int partition) {
        FeedBuffer buffer = buffers.get(partition);
        return buffer == null ? -1 : buffer.beginning();
    }

    /** What this learner owns, and since which generation. */
    public SortedMap<Integer, Long> assignment() {
        return assignment;
    }

    /** Tells the group how far the shards are, for whoever watches its lag. */
    public void commit(Map<Integer, Long> applied) {
        command(opened -> {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            applied.forEach((partition, offset) -> {
                TopicPartition tp = new TopicPartition(topic, partition);
                if (opened.assignment().contains(tp)) {
                    offsets.put(tp, new OffsetAndMetadata(offset));
                }
            });
            opened.commitAsync(offsets, (done, failure) -> {
                if (failure != null) {
                    LOG.debug("{}: offsets were not committed: {}", group, failure.toString());
                }
            });
        });
    }

    @FunctionalInterface
    private interface Command {
        void run(KafkaConsumer<byte[], byte[]> opened);
    }

    private void command(Command command) {
        commands.add(() -> {
            KafkaConsumer<byte[], byte[]> opened = consumer;
            if (opened != null) {
                command.run(opened);
            }
        });
    }

    // ---- feeding thread ----

    private void run() {
        while (closing.getCount() > 0) {
            try (KafkaConsumer<byte[], byte[]> opened = open()) {
                consumer = opened;
                opened.subscribe(List.of(topic), new Rebalances(opened));
                while (closing.getCount() > 0) {
                    feed(opened);
                }
                opened.close(CloseOptions.timeout(CLOSE)
                        .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
            } catch (RuntimeException e) {
                LOG.error("{}: samples cannot be read; once more in {}", group, RETRY, e);
                lose(assignment.keySet());
                pause();
            } finally {
                consumer = null;
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> open() {
        return new KafkaConsumer<>(
                Map.ofEntries(
                        Map.entry(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
                        Map.entry(ConsumerConfig.GROUP_ID_CONFIG, group),
                        Map.entry(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance),
                        Map.entry(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"),
                        Map.entry(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false),
                        Map.entry(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1),
                        Map.entry(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, (int) SESSION.toMillis()),
                        Map.entry(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, (int) REBALANCE.toMillis()),
                        Map.entry(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int) SESSION.toMillis() / 4),
                        Map.entry(
                                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                                List.of(CooperativeStickyAssignor.class.getName()))),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private void feed(KafkaConsumer<byte[], byte[]> opened) {
        for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
            command.run();
        }
        for (TopicPartition tp : opened.assignment()) {
            FeedBuffer buffer = buffers.get(tp.partition());
            if (buffer != null && buffer.wantsMore()) {
                opened.resume(List.of(tp));
            } else {
                opened.pause(List.of(tp));
            }
        }
        // No longer: commands wait as long, and a wake-up would end other calls too.
        ConsumerRecords<byte[], byte[]> records = opened.poll(POLL);
        for (ConsumerRecord<byte[], byte[]> record : records) {
            FeedBuffer buffer = buffers.get(record.partition());
            if (buffer != null) {
                buffer.add(new Fed(record.offset(), SampleLog.decode(record)), record.serializedValueSize());
            }
        }
        for (TopicPartition tp : opened.assignment()) {
            FeedBuffer buffer = buffers.get(tp.partition());
            if (buffer != null && buffer.isReady()) {
                buffer.readUpTo(opened.position(tp, METADATA));
            }
        }
        if (!records.isEmpty()) {
            listener.fed();
        }
    }

    private final class Rebalances implements ConsumerRebalanceListener {
        private final KafkaConsumer<byte[], byte[]> opened;

        Rebalances(KafkaConsumer<byte[], byte[]> opened) {
            this.opened = opened;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> added) {
            opened.pause(added);
            if (added.isEmpty()) {
                return;
            }
            long epoch = opened.groupMetadata().generationId();
            SortedMap<Integer, Long> now = new TreeMap<>(assignment);
            added.forEach(tp -> now.put(tp.partition(), epoch));
            assignment = Collections.unmodifiableSortedMap(now);
            listener.assigned(added.stream().map(TopicPartition::partition).toList(), epoch);
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> gone) {
            lose(gone.stream().map(TopicPartition::partition).toList());
        }
    }

    private void lose(Collection<Integer> gone) {
        List<Integer> lost = List.copyOf(gone);
        SortedMap<Integer, Long> now = new TreeMap<>(assignment);
        now.keySet().removeAll(lost);
        assignment = Collections.unmodifiableSortedMap(now);
        if (!lost.isEmpty()) {
            listener.revoked(lost);
        }
    }

    private void pause() {
        try {
            if (closing.await(RETRY.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("{} is left", group);
            }
        } catch (InterruptedException e) {
            closing.countDown();
        }
    }

    /** Leaves the group. */
    @Override
    public void close() {
        closing.countDown();
        try {
            if (!thread.join(CLOSE.multipliedBy(2))) {
                LOG.warn("{} was not left in {}", group, CLOSE.multipliedBy(2));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
