package dev.millrace.deploy.e2e;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.join.flink.JoinJob;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.apache.flink.core.execution.SavepointFormatType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Savepoints of earlier versions of the job are restored. {@code join-savepoint-1} is of the first version (one model a
 * request, match state 1), {@code join-savepoint-2} of the first with several (match state 2). A new one is written by
 * {@code -Dmillrace.savepoint=FILE -Dtest=OldSavepointTest}.
 */
class OldSavepointTest {
    private static final Duration WAIT = Duration.ofSeconds(60);

    @TempDir
    private Path data;

    @ParameterizedTest
    @ValueSource(strings = {"join-savepoint-1", "join-savepoint-2"})
    void theJobGoesOnWhereAnEarlierVersionStopped(String name) throws Exception {
        Path checkpoints = data.resolve("checkpoints");
        Path savepoint = Files.createDirectories(checkpoints.resolve("old").resolve("savepoint-old"));
        try (InputStream fossil = Objects.requireNonNull(getClass().getResourceAsStream(name + ".bin"), name)) {
            Files.copy(fossil, savepoint.resolve("_metadata"));
        }
        try (EmbeddedBroker broker = EmbeddedBroker.start(data.resolve("broker"))) {
            String kafka = broker.bootstrapServers();
            TopicAdmin.create(kafka, List.of(SavepointEvents.MODEL), TopicAdmin.Layout.EMBEDDED);
            try (SavepointEvents events = new SavepointEvents(kafka)) {
                events.before();
                try (JoinJob join = JoinJob.submit(config(kafka), List.of(SavepointEvents.SPEC))) {
                    assertTrue(join.restoredFrom().orElse("").endsWith("savepoint-old"), "restored from another");
                    events.after();
                    Map<Long, Float> expected = Map.of(
                            sample("waiting", "a"), 1f,
                            sample("open", "b"), 1f,
                            sample("open", "c"), 0f,
                            sample("waiting", "b"), 0f);
                    await().atMost(WAIT).untilAsserted(() -> assertEquals(expected, samples(kafka)));
                    await().atMost(WAIT)
                            .untilAsserted(
                                    () -> assertEquals(List.of("DUPLICATE click-1", "LATE click-4"), letters(kafka)));
                }
            }
        }
    }

    private JoinJob.Config config(String kafka) {
        return JoinJob.Config.of(kafka, data.resolve("checkpoints").toUri()).withScratchDir(data.resolve("scratch"));
    }

    private static long sample(String request, String item) {
        return SampleIds.of(SavepointEvents.MODEL, request, item, 0);
    }

    private static Map<Long, Float> samples(String kafka) {
        Map<Long, Float> labels = new HashMap<>();
        for (byte[] value : Log.values(kafka, Topics.samples(SavepointEvents.MODEL))) {
            SampleBlock block = SampleBlockCodec.decode(value);
            for (int i = 0; i < block.size(); i++) {
                labels.put(block.sampleId(i), block.label(i));
            }
        }
        return labels;
    }

    private static List<String> letters(String kafka) throws Exception {
        List<String> letters = new ArrayList<>();
        for (byte[] value : Log.values(kafka, Topics.DEAD_LETTERS)) {
            DeadLetter letter = DeadLetter.parseFrom(value);
            String reason = letter.getReason().name().substring("DEAD_LETTER_REASON_".length());
            letters.add(reason + " " + letter.getAction().getId());
        }
        letters.sort(null);
        return letters;
    }

    @Test
    @EnabledIfSystemProperty(named = "millrace.savepoint", matches = ".+")
    void writesANewOne() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(data.resolve("broker"))) {
            String kafka = broker.bootstrapServers();
            TopicAdmin.create(kafka, List.of(SavepointEvents.MODEL), TopicAdmin.Layout.EMBEDDED);
            try (SavepointEvents events = new SavepointEvents(kafka);
                    JoinJob join = JoinJob.submit(config(kafka), List.of(SavepointEvents.SPEC))) {
                events.before();
                await().atMost(WAIT)
                        .untilAsserted(() -> assertEquals(4, samples(kafka).size()));
                String path = join.client()
                        .triggerSavepoint(data.resolve("savepoints").toUri().toString(), SavepointFormatType.CANONICAL)
                        .get(WAIT.toSeconds(), TimeUnit.SECONDS);
                Files.copy(
                        Path.of(URI.create(path)).resolve("_metadata"),
                        Path.of(System.getProperty("millrace.savepoint")));
            }
        }
    }
}
