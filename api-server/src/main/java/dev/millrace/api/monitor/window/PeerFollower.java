package dev.millrace.api.monitor.window;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the sums of the partitions that other processes keep, in their changelog: what they have committed. So this process
 * has the whole, and has it while one of them is gone. Reads nothing where all partitions are this process's own. One thread.
 */
final class PeerFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeerFollower.class);
    private static final Duration LOOK = Duration.ofMillis(200);
    private static final Duration AGAIN = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final int FETCH_BYTES = 1 << 20;

    private final String bootstrapServers;
    private final String changelog;
    private final int partitions;
    private final BooleanSupplier settled;
    private final Windows windows;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    /** One that is read from its beginning. @param end where it is whole; 0: not known yet */
    private record Follow(PeerSums sums, long end) {}

    /**
     * @param settled whether it is known now which partitions are this process's
     * @param windows is told of each partition's sums once they are whole
     */
    private PeerFollower(
            String bootstrapServers, String changelog, int partitions, BooleanSupplier settled, Windows windows) {
        this.bootstrapServers = bootstrapServers;
        this.changelog = changelog;
        this.partitions = partitions;
        this.settled = settled;
        this.windows = windows;
        thread = Thread.ofPlatform().name("windows-peers").daemon().unstarted(this::run);
    }

    static PeerFollower start(
            String bootstrapServers, String changelog, int partitions, BooleanSupplier settled, Windows windows) {
        PeerFollower follower = new PeerFollower(bootstrapServers, changelog, partitions, settled, windows);
        follower.thread.start();
        return follower;
    }

    private void run() {
        while (!pause(LOOK)) {
            if (!settled.getAsBoolean() || others().isEmpty()) {
                continue;
            }
            try (KafkaConsumer<byte[], byte[]> consumer = open()) {
                follow(consumer);
            } catch (InterruptException e) {
                LOG.debug("windows: peers are followed no more", e);
                return;
            } catch (RuntimeException e) {
                LOG.warn("windows: what other processes keep cannot be read; trying again", e);
                if (pause(AGAIN)) {
                    return;
                }
            }
        }
    }

    private Set<TopicPartition> others() {
        Set<TopicPartition> others = new HashSet<>();
        for (int partition = 0; partition < partitions; partition++) {
            if (!windows.isHere(partition)) {
                others.add(new TopicPartition(changelog, partition));
            }
        }
        return others;
    }

    private KafkaConsumer<byte[], byte[]> open() {
        return new KafkaConsumer<>(
                Map.of(
                        ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrapServers,
                        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                        "read_committed",
                        ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
                        FETCH_BYTES),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /** Until all partitions are this process's own. */
    private void follow(KafkaConsumer<byte[], byte[]> consumer) {
        Map<TopicPartition, Follow> followed = new HashMap<>();
        while (closing.getCount() > 0) {
            if (settled.getAsBoolean()) {
                Set<TopicPartition> others = others();
                if (others.isEmpty()) {
                    return;
                }
                assign(consumer, others, followed);
            }
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(LOOK)) {
                Follow follow = followed.get(new TopicPartition(record.topic(), record.partition()));
                if (follow != null) {
                    follow.sums().take(record.key(), record.value());
                }
            }
            followed.forEach((at, follow) -> {
                if (consumer.position(at) >= follow.end()) {
                    windows.follow(at.partition(), follow.sums());
                }
            });
        }
    }

    private static void assign(
            KafkaConsumer<byte[], byte[]> consumer, Set<TopicPartition> others, Map<TopicPartition, Follow> followed) {
        if (others.equals(followed.keySet())) {
            return;
        }
        followed.keySet().retainAll(others);
        List<TopicPartition> added =
                others.stream().filter(at -> !followed.containsKey(at)).toList();
        consumer.assign(others);
        consumer.seekToBeginning(added);
        Map<TopicPartition, Long> ends = consumer.endOffsets(added);
        added.forEach(at -> followed.put(at, new Follow(new PeerSums(), ends.getOrDefault(at, 0L))));
    }

    /** @return whether it is closed */
    private boolean pause(Duration atMost) {
        try {
            return closing.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            if (!thread.join(CLOSE)) {
                LOG.warn("windows: peers are still followed after {}", CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
