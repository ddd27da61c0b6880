package dev.millrace.deploy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.join.flink.JoinJob;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A model's spec came later than its impressions: they are dead letters, and are played again. */
@Tag("e2e")
class DeadLettersCommandTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String OLD = """
        model: old
        objective: logistic
        labels: {like: 1}
        rewardWindow: 1s
        slots: {item: {type: category, from: item.id}}
        policies: {lateness: 0s}
        """;
    private static final String YOUNG = OLD.replace("model: old", "model: young");

    @TempDir
    Path data;

    @Test
    void whatCameTooEarlyForItsModelIsListedAndPlayedAgain() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(data.resolve("kafka"));
                EventPublisher publisher =
                        new EventPublisher(EventPublisher.Config.of(broker.bootstrapServers()), Clock.systemUTC())) {
            String kafka = broker.bootstrapServers();
            TopicAdmin.create(kafka, List.of("old", "young"), TopicAdmin.Layout.EMBEDDED);
            var config = JoinJob.Config.of(kafka, data.resolve("checkpoints").toUri());
            try (JoinJob join = JoinJob.submit(config, List.of(OLD))) {
                join.awaitRunning(PATIENCE);
                long nowMs = System.currentTimeMillis();
                publisher.impression(impression(nowMs)).get();
                publisher.action(like(nowMs + 1)).get();
                Awaitility.await().atMost(PATIENCE).until(() -> list(kafka).contains("1 orphan, 1 unreadable"));
            }
            String listed = list(kafka, "--reason", "orphan", "--request", "r");
            assertTrue(listed.contains("like e of item a in request r"), listed);
            assertTrue(listed.contains("1 orphan; next offset 2"), listed);
            assertTrue(list(kafka, "--model", "young").contains("unreadable of model young"), listed);
            assertTrue(list(kafka, "--from", "2").startsWith("none; next offset 2"));
            try (JoinJob join = JoinJob.submit(config, List.of(OLD, YOUNG))) {
                join.awaitRunning(PATIENCE);
                String played = run("replay", "--bootstrap-servers", kafka);
                assertEquals("2 played again, 0 hold no event; go on with --from 2", played.strip());
                Awaitility.await().atMost(PATIENCE).until(() -> labels(kafka).equals(List.of(1f, 0f)));
                assertTrue(list(kafka, "--from", "2").startsWith("none"), "no letter of them any more");
            }
        }
    }

    private static Impression impression(long nowMs) {
        return Impression.newBuilder()
                .setRequestId("r")
                .setModel("young")
                .setUser("u")
                .setTimeMs(nowMs)
                .addItems(ShownItem.newBuilder().setItem("a").setScore(0.5f))
                .addItems(ShownItem.newBuilder().setItem("b").setScore(0.5f))
                .build();
    }

    private static Action like(long nowMs) {
        return Action.newBuilder()
                .setId("e")
                .setType("like")
                .setRequestId("r")
                .setItem("a")
                .setTimeMs(nowMs)
                .setAcceptedMs(nowMs)
                .build();
    }

    private static String list(String kafka, String... more) {
        List<String> arguments = new ArrayList<>(List.of("list", "--bootstrap-servers", kafka));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private static String run(String... arguments) {
        StringWriter out = new StringWriter();
        CommandLine command = new CommandLine(new DeadLettersCommand());
        command.setOut(new PrintWriter(out));
        command.setExecutionExceptionHandler((e, line, parsed) -> {
            throw e;
        });
        assertEquals(0, command.execute(arguments));
        return out.toString();
    }

    private static List<Float> labels(String kafka) {
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of("bootstrap.servers", kafka),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            TopicPartition partition = new TopicPartition(Topics.samples("young"), 0);
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            List<Float> labels = new ArrayList<>();
            consumer.poll(Duration.ofMillis(500)).forEach(record -> {
                SampleBlock block = SampleBlockCodec.decode(record.value());
                for (int i = 0; i < block.size(); i++) {
                    labels.add(block.label(i));
                }
            });
            return labels;
        }
    }

    @Test
    void anUnknownReasonIsToldWithTheKnownOnes() {
        var selection = new DeadLettersCommand.Selection();
        CommandLine command = new CommandLine(selection);
        command.parseArgs("--bootstrap-servers", "x:1", "--reason", "lat");
        var e = assertThrows(IllegalArgumentException.class, selection::filter);
        assertTrue(String.valueOf(e.getMessage()).contains("did you mean 'late'"), e.getMessage());
        command.parseArgs("--bootstrap-servers", "x:1", "--from", "5", "--to", "4");
        assertThrows(IllegalArgumentException.class, selection::range);
    }
}
