package dev.millrace.join.flink;

import dev.millrace.ingest.topic.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.TopicDescription;

/** How finely the log can be read, and samples written. */
final class LogPartitions {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private LogPartitions() {}

    /**
     * The fewest partitions that a topic of the log has.
     *
     * @throws IllegalStateException when Kafka does not answer or the topics are not there
     */
    static int fewest(String bootstrapServers) throws InterruptedException {
        return fewest(bootstrapServers, List.of(Topics.IMPRESSIONS, Topics.ACTIONS));
    }

    /**
     * One writer a partition, or the watermarks of a partition would not rise.
     *
     * @throws IllegalStateException when a samples topic has fewer partitions than the join has tasks
     */
    static void checkSamples(String bootstrapServers, List<String> models, int parallelism)
            throws InterruptedException {
        int partitions =
                fewest(bootstrapServers, models.stream().map(Topics::samples).toList());
        if (parallelism > partitions) {
            throw new IllegalStateException("join: parallelism " + parallelism + " needs as many partitions of each"
                    + " samples topic; the fewest are " + partitions);
        }
    }

    private static int fewest(String bootstrapServers, List<String> names) throws InterruptedException {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
            Map<String, TopicDescription> topics =
                    admin.describeTopics(names).allTopicNames().get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            return topics.values().stream()
                    .mapToInt(t -> t.partitions().size())
                    .min()
                    .orElse(1);
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "cannot read the topics of the log at " + bootstrapServers + "; create them first", e.getCause());
        } catch (TimeoutException e) {
            throw new IllegalStateException("no answer from Kafka at " + bootstrapServers + " in " + TIMEOUT, e);
        }
    }
}
