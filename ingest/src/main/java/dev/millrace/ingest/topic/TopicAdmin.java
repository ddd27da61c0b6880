package dev.millrace.ingest.topic;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;

/** Creates the topics that are not there yet. */
public final class TopicAdmin {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Map<String, String> COMPACTED = Map.of("cleanup.policy", "compact");

    private TopicAdmin() {}

    /**
     * @param partitions of impressions and actions
     * @param shards partitions of samples and deltas: one a shard of the training table
     * @param retention how long the log is kept
     * @param retentionBytes how much of a partition is kept
     */
    public record Layout(int partitions, int shards, short replication, Duration retention, long retentionBytes) {
        /** A week, at most 2 GiB a partition: what a stopped service finds again when it starts. */
        public static final Layout EMBEDDED = new Layout(2, 1, (short) 1, Duration.ofDays(7), 2L << 30);
    }

    /** Waits until every topic of the models exists; one that stands already is left as it is. */
    public static void create(String bootstrapServers, Collection<String> models, Layout layout)
            throws InterruptedException {
        List<NewTopic> topics = new ArrayList<>();
        // The broker's time on each record bounds what a writer's clock can claim.
        Map<String, String> brokerTime = Map.of("message.timestamp.type", "LogAppendTime");
        topics.add(topic(Topics.IMPRESSIONS, layout.partitions(), layout, brokerTime));
        topics.add(topic(Topics.ACTIONS, layout.partitions(), layout, brokerTime));
        topics.add(topic(Topics.DEAD_LETTERS, 1, layout));
        topics.add(new NewTopic(Topics.CHAINS, 1, layout.replication()).configs(COMPACTED));
        for (String model : models) {
            topics.add(topic(Topics.samples(model), layout.shards(), layout));
            topics.add(topic(Topics.deltas(model), layout.shards(), layout));
            topics.add(new NewTopic(Topics.versions(model), 1, layout.replication()).configs(COMPACTED));
        }
        createMissing(bootstrapServers, topics);
    }

    /**
     * The same for one model that remote shards train: its samples, its deltas and its shard map.
     *
     * @param partitions of the samples: most learners that share them
     */
    public static void createTraining(String bootstrapServers, String model, int partitions, Layout layout)
            throws InterruptedException {
        createMissing(
                bootstrapServers,
                List.of(
                        topic(Topics.samples(model), partitions, layout),
                        topic(Topics.deltas(model), layout.shards(), layout),
                        new NewTopic(Topics.shards(model), 1, layout.replication()).configs(COMPACTED)));
    }

    /**
     * How many partitions the widest of the topics has that people's requests and the models' samples stand on.
     *
     * @throws IllegalStateException when Kafka does not answer, or has not all of them
     */
    public static int mostPartitions(String bootstrapServers, Collection<String> models) throws InterruptedException {
        List<String> topics = new ArrayList<>(List.of(Topics.IMPRESSIONS, Topics.DEAD_LETTERS));
        models.forEach(model -> topics.add(Topics.samples(model)));
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            return admin
                    .describeTopics(topics)
                    .allTopicNames()
                    .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .values()
                    .stream()
                    .mapToInt(topic -> topic.partitions().size())
                    .max()
                    .orElse(1);
        } catch (ExecutionException e) {
            throw new IllegalStateException("the topics at " + bootstrapServers + " cannot be described", e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("no answer from Kafka at " + bootstrapServers + " in " + TIMEOUT, e);
        }
    }

    /** Whether remote shards learn the model: it has a map of them. @throws IllegalStateException when Kafka does not answer */
    public static boolean isLearnedRemotely(String bootstrapServers, String model) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            return admin.listTopics()
                    .names()
                    .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    .contains(Topics.shards(model));
        } catch (ExecutionException e) {
            throw new IllegalStateException("the topics at " + bootstrapServers + " cannot be listed", e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("no answer from Kafka at " + bootstrapServers + " in " + TIMEOUT, e);
        }
    }

    private static void createMissing(String bootstrapServers, List<NewTopic> topics) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            Set<String> existing = admin.listTopics().names().get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            List<NewTopic> missing =
                    topics.stream().filter(t -> !existing.contains(t.name())).toList();
            admin.createTopics(missing).all().get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new IllegalStateException("cannot create topics at " + bootstrapServers, e.getCause());
            }
        } catch (TimeoutException e) {
            throw new IllegalStateException("no answer from Kafka at " + bootstrapServers + " in " + TIMEOUT, e);
        }
    }

    private static NewTopic topic(String name, int partitions, Layout layout) {
        return topic(name, partitions, layout, Map.of());
    }

    private static NewTopic topic(String name, int partitions, Layout layout, Map<String, String> more) {
        Map<String, String> configs = new HashMap<>(more);
        configs.put("retention.ms", Long.toString(layout.retention().toMillis()));
        configs.put("retention.bytes", Long.toString(layout.retentionBytes()));
        configs.put("max.message.bytes", Integer.toString(Topics.MAX_RECORD_BYTES));
        return new NewTopic(name, partitions, layout.replication()).configs(configs);
    }
}
