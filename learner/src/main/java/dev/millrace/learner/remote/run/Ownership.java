package dev.millrace.learner.remote.run;

import dev.millrace.ingest.topic.Topics;
import dev.millrace.learner.remote.map.ShardAssignor;
import dev.millrace.ps.serve.ShardSet;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Membership in the group whose partitions are a model's shards. It reads nothing: the partitions are those of the delta
 * topic, and having one means owning the shard. One thread, which calls back.
 */
final class Ownership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration SESSION = Duration.ofSeconds(6);
    /** Longer than a shard's orderly end. */
    private static final Duration REBALANCE = Duration.ofSeconds(45);

    private static final Duration LEAVE = Duration.ofSeconds(2);
    private static final Duration CLOSE = Duration.ofSeconds(40);

    interface Given {
        /** The shard is this process's. */
        void given(int shard, long generation);
    }

    interface Taken {
        /** @param lost somebody else may own it already */
        void taken(int shard, boolean lost);
    }

    private final String bootstrapServers;
    private final String topic;
    private final String group;
    private final String instance;
    private final ShardSet mayOwn;
    private final Given given;
    private final Taken taken;
    private final Set<Integer> owned = new TreeSet<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    private Ownership(
            String bootstrapServers, String model, String instance, ShardSet mayOwn, Given given, Taken taken) {
        this.bootstrapServers = bootstrapServers;
        this.topic = Topics.deltas(model);
        this.group = "millrace.shards." + model;
        this.instance = instance;
        this.mayOwn = mayOwn;
        this.given = given;
        this.taken = taken;
        this.thread = Thread.ofPlatform().name("ownership-" + model).unstarted(this::run);
    }

    /** @param instance names the process over its restarts: what comes back in time has its shards again at once */
    static Ownership start(
            String bootstrapServers, String model, String instance, ShardSet mayOwn, Given given, Taken taken) {
        var ownership = new Ownership(bootstrapServers, model, instance, mayOwn, given, taken);
        ownership.thread.start();
        return ownership;
    }

    private void run() {
        while (closing.getCount() > 0) {
            try (KafkaConsumer<byte[], byte[]> consumer = open()) {
                Rebalances rebalances = new Rebalances(consumer);
                consumer.subscribe(List.of(topic), rebalances);
                while (closing.getCount() > 0) {
                    consumer.poll(POLL);
                }
                release(List.copyOf(owned), false);
                consumer.close(CloseOptions.timeout(LEAVE)
                        .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
            } catch (RuntimeException e) {
                LOG.error("{}: membership failed; once more in {}", group, RETRY, e);
                release(List.copyOf(owned), true);
                pause();
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> open() {
        return new KafkaConsumer<>(
                Map.ofEntries(
                        Map.entry(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers),
                        Map.entry(ConsumerConfig.GROUP_ID_CONFIG, group),
                        Map.entry(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance),
                        Map.entry(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest"),
                        Map.entry(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false),
                        Map.entry(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, (int) SESSION.toMillis()),
                        Map.entry(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int) SESSION.toMillis() / 4),
                        Map.entry(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, (int) REBALANCE.toMillis()),
                        Map.entry(
                                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                                List.of(ShardAssignor.class.getName())),
                        Map.entry(ShardAssignor.MAY_OWN, mayOwn)),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    private final class Rebalances implements ConsumerRebalanceListener {
        private final KafkaConsumer<byte[], byte[]> consumer;

        Rebalances(KafkaConsumer<byte[], byte[]> consumer) {
            this.consumer = consumer;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> added) {
            consumer.pause(added);
            for (TopicPartition tp : added) {
                if (owned.add(tp.partition())) {
                    given.given(tp.partition(), consumer.groupMetadata().generationId());
                }
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> gone) {
            release(gone.stream().map(TopicPartition::partition).toList(), false);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> gone) {
            release(gone.stream().map(TopicPartition::partition).toList(), true);
        }
    }

    private void release(Collection<Integer> shards, boolean lost) {
        for (int shard : shards) {
            if (owned.remove(shard)) {
                LOG.info("{}: shard {} is {}", group, shard, lost ? "lost" : "given away");
                taken.taken(shard, lost);
            }
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

    /** Gives every shard away and leaves the group. */
    @Override
    public void close() {
        closing.countDown();
        try {
            if (!thread.join(CLOSE)) {
                LOG.warn("{} was not left in {}", group, CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
