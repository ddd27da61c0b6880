package dev.millrace.deploy.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.cluster.JoinCluster;
import dev.millrace.deploy.cluster.JoinOnCluster;
import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.util.FileUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The join as a job jar on a Flink cluster of processes, with RocksDB, through all that an operator does to it. */
class JoinClusterTest {
    private static final String MODEL = "m";
    private static final String CHALLENGER = "n";
    private static final int ITEMS = 3;
    /** To start, not to run for long. */
    private static final List<String> QUICK = List.of("-XX:TieredStopAtLevel=1");

    private static final int BATCH = 200;
    private static final Duration START = Duration.ofSeconds(90);
    private static final Duration JOINED = Duration.ofSeconds(60);
    private static final String SPEC = """
            model: m
            objective: logistic
            labels: {click: 1}
            rewardWindow: 1s
            slots:
              user: {type: category, from: user.id}
              item: {type: category, from: item.id}
            policies: {absence: negative, lateness: 2s}
            """;

    @TempDir
    private Path data;

    private int shown;

    /** Labels by sample id; a sample that came twice must be the same. */
    private record Found(Map<Long, Float> labels, int duplicates) {}

    @Test
    void survivesUpgradeRescalingAndAKilledTaskManagerWithEverySampleOnce() throws Exception {
        Path spec = Files.writeString(data.resolve("m.yml"), SPEC);
        Path challenger = Files.writeString(
                data.resolve("n.yml"),
                SPEC.replace("model: m", "model: n\nlearnsFrom: m").replace("absence: negative", "absence: drop"));
        URI checkpoints = data.resolve("checkpoints").toUri();
        URI savepoints = data.resolve("checkpoints/savepoints").toUri();
        var layout = new TopicAdmin.Layout(2, 2, (short) 1, Duration.ofDays(1), 1L << 30);
        try (EmbeddedBroker broker = EmbeddedBroker.start(data.resolve("broker"))) {
            String kafka = broker.bootstrapServers();
            TopicAdmin.create(kafka, List.of(MODEL, CHALLENGER), layout);
            try (EventPublisher log = new EventPublisher(EventPublisher.Config.of(kafka), Clock.systemUTC());
                    JoinCluster cluster = JoinCluster.start(Path.of(".."), data.resolve("cluster"), 2, QUICK);
                    JoinOnCluster join = new JoinOnCluster(cluster)) {
                join.awaitSlots(2, START);
                var alone = new JoinOnCluster.Run(kafka, List.of(spec), checkpoints, 1);
                JobID first = join.submit(alone);
                show(log);
                join.awaitRunning(first, START);
                awaitSamples(kafka, "after the start");

                show(log);
                String savepoint = join.stop(first, savepoints);
                assertTrue(Files.exists(Path.of(URI.create(savepoint)).resolve("_metadata")), savepoint);
                assertEquals(JobStatus.FINISHED, join.status(first));
                // While nothing runs.
                show(log);

                // Another version: two models, two tasks, from the savepoint.
                JobID second = join.submit(new JoinOnCluster.Run(kafka, List.of(spec, challenger), checkpoints, 2));
                join.awaitRunning(second, START);
                int shownToBoth = shown;
                show(log);
                Found planned = awaitSamples(kafka, "after the upgrade to two tasks");
                assertEquals(0, planned.duplicates(), "an orderly stop repeats nothing");
                assertEquals(expected(CHALLENGER, shownToBoth, shown, true), challenged(kafka, shownToBoth));

                show(log);
                cluster.killTaskManager(0);
                show(log);
                awaitSamples(kafka, "after a TaskManager was killed");
                join.awaitRunning(second, START);

                join.stop(second, savepoints);
                JobID third = join.submit(new JoinOnCluster.Run(kafka, List.of(spec, challenger), checkpoints, 1));
                join.awaitRunning(third, START);
                show(log);
                awaitSamples(kafka, "after the way back to one task");
                join.stop(third, savepoints);
            }
        } catch (AssertionError | Exception e) {
            keepLogs();
            throw e;
        }
    }

    /** Some impressions of three items, the first of them clicked. */
    private void show(EventPublisher log) throws Exception {
        for (int i = 0; i < BATCH; i++) {
            int number = shown++;
            Impression.Builder impression = Impression.newBuilder()
                    .setRequestId(request(number))
                    .setModel(MODEL)
                    .setUser("u")
                    .setTimeMs(System.currentTimeMillis());
            for (int item = 0; item < ITEMS; item++) {
                impression.addItems(ShownItem.newBuilder().setItem(item(item)).setScore(0.5f));
            }
            log.impression(impression.build()).get();
            long nowMs = System.currentTimeMillis();
            log.action(Action.newBuilder()
                            .setId("a" + number)
                            .setType("click")
                            .setRequestId(request(number))
                            .setItem(item(0))
                            .setValue(1)
                            .setTimeMs(nowMs)
                            .setAcceptedMs(nowMs)
                            .build())
                    .get();
        }
    }

    private static String request(int number) {
        return "r" + number;
    }

    private static String item(int item) {
        return "i" + item;
    }

    private static Map<Long, Float> expected(String model, int from, int to, boolean clickedOnly) {
        Map<Long, Float> labels = new HashMap<>();
        for (int number = from; number < to; number++) {
            for (int item = 0; item < (clickedOnly ? 1 : ITEMS); item++) {
                labels.put(SampleIds.of(model, request(number), item(item), 0), item == 0 ? 1f : 0f);
            }
        }
        return labels;
    }

    private Found awaitSamples(String kafka, String when) {
        Map<Long, Float> expected = expected(MODEL, 0, shown, false);
        await(when)
                .atMost(JOINED)
                .pollInterval(Duration.ofMillis(500))
                .untilAsserted(() -> assertEquals(
                        expected.size(), read(kafka, MODEL).labels().size()));
        Found found = read(kafka, MODEL);
        assertEquals(expected, found.labels(), when);
        return found;
    }

    /** The challenger's samples of impressions from that number on: those before it may have been open or not. */
    private Map<Long, Float> challenged(String kafka, int from) {
        Set<Long> before = new HashSet<>(expected(CHALLENGER, 0, from, true).keySet());
        Map<Long, Float> labels = new HashMap<>(read(kafka, CHALLENGER).labels());
        labels.keySet().removeAll(before);
        return labels;
    }

    private static Found read(String kafka, String model) {
        Map<Long, Float> labels = new HashMap<>();
        int duplicates = 0;
        for (byte[] value : Log.values(kafka, Topics.samples(model))) {
            SampleBlock block = SampleBlockCodec.decode(value);
            for (int i = 0; i < block.size(); i++) {
                Float other = labels.put(block.sampleId(i), block.label(i));
                if (other != null) {
                    duplicates++;
                    assertEquals(other, block.label(i), "a sample came twice, and differs");
                }
            }
        }
        return new Found(labels, duplicates);
    }

    /** The temporary folder goes. */
    private void keepLogs() throws IOException {
        Path kept = Path.of("target", "join-cluster-logs");
        FileUtils.deleteDirectory(kept.toFile());
        Files.createDirectories(kept);
        Path cluster = data.resolve("cluster");
        if (Files.isDirectory(cluster)) {
            try (var files = Files.list(cluster)) {
                for (Path file : files.filter(f -> f.toString().matches(".*\\.(log|out)"))
                        .toList()) {
                    Files.copy(file, kept.resolve(file.getFileName()));
                }
            }
        }
    }
}
