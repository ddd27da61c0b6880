package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.cli.MillraceCommand;
import dev.millrace.deploy.embedded.DataFolder;
import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.learner.run.Learner;
import dev.millrace.learner.run.LearnerConfig;
import dev.millrace.ps.serve.ServingReplica;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Learning from files, and going on from there. */
@Tag("e2e")
class TrainTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path dir;

    private Path spec() throws IOException {
        return Files.writeString(dir.resolve("spec.yml"), Service.SPEC.yaml());
    }

    private Path csv(int rows) throws IOException {
        Random random = new Random(5);
        StringBuilder text = new StringBuilder("label,user.id,item.id,age,tags,price\n");
        for (int i = 0; i < rows; i++) {
            boolean good = random.nextBoolean();
            text.append(random.nextInt(10) < (good ? 9 : 1) ? "like" : "dislike")
                    .append(",u");
            text.append(random.nextInt(20))
                    .append(good ? ",good" : ",bad")
                    .append(',')
                    .append(random.nextInt(70));
            text.append(",a|b,").append(random.nextInt(100)).append('\n');
        }
        return Files.writeString(dir.resolve("history.csv"), text);
    }

    /** From text over blocks to a version that ranks. */
    @Test
    void serveRanksByWhatWasLearnedFromFiles() throws Exception {
        Path blocks = dir.resolve("blocks");
        Path data = dir.resolve("data");
        assertEquals(0, run("convert", "--spec", spec(), "--data", csv(3_000), "--out", blocks));
        assertEquals(0, run("train", "--spec", spec(), "--data", blocks, "--out", data));
        try (Service service = Service.start(data)) {
            assertEquals(
                    List.of("good", "new", "bad"),
                    service.rank("r1", "u1", "bad", "new", "good").items().stream()
                            .map(item -> item.item())
                            .toList());
        }
    }

    private static int run(Object... arguments) {
        return MillraceCommand.execute(
                java.util.Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    }

    private final Random random = new Random(9);
    private long nextId = 1;
    private long idSum;

    /** Each of so many samples once, and some of them twice. */
    private void send(String bootstrap, int samples) throws InterruptedException, ExecutionException {
        long fingerprint = Service.SPEC.spec().fingerprint();
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", bootstrap), new ByteArraySerializer(), new ByteArraySerializer())) {
            SampleBlockBuilder builder = new SampleBlockBuilder();
            for (int i = 0; i < samples; i++) {
                FeatureVector vector = new FeatureVector();
                vector.add(FeatureIds.BIAS, 1f);
                vector.add(1_000L + random.nextInt(50), 1f);
                builder.add(
                        new SampleBlockBuilder.Meta(
                                nextId, nextId, 0, random.nextInt(2), 1f, 1f, 0.5f, 0, 1_700_000_000_000L),
                        vector);
                idSum += nextId++;
                if (builder.size() == 10) {
                    SampleBlock block = builder.build(new SampleBlock.Header(Service.MODEL, fingerprint, 1, 1));
                    for (int sent = random.nextInt(5) == 0 ? 0 : 1; sent < 2; sent++) {
                        producer.send(new ProducerRecord<>(
                                        Topics.samples(Service.MODEL), 0, null, SampleBlockCodec.encode(block)))
                                .get();
                    }
                }
            }
        }
    }

    /** What an archive holds is learned from it, what comes after it from the log: none skipped, none doubled. */
    @Test
    void onlineLearningGoesOnWhereTheFilesEnd() throws Exception {
        Path data = dir.resolve("data");
        Path archive = dir.resolve("archive.mrb");
        Path kafka;
        Path snapshots;
        try (DataFolder folder = DataFolder.open(data)) {
            kafka = folder.kafka();
            snapshots = folder.snapshots(Service.MODEL);
        }
        // A learner has been there, and has published: its deltas are on the log.
        try (EmbeddedBroker broker = EmbeddedBroker.start(kafka)) {
            TopicAdmin.create(broker.bootstrapServers(), List.of(Service.MODEL), TopicAdmin.Layout.EMBEDDED);
            send(broker.bootstrapServers(), 1_000);
            try (Learner learner = learner(broker, snapshots);
                    ServingReplica replica = replica(broker, snapshots, "rows0")) {
                awaitExact(replica);
            }
        }
        assertEquals(0, run("archive", "--spec", spec(), "--data", data, "--out", archive));
        try (EmbeddedBroker broker = EmbeddedBroker.start(kafka)) {
            send(broker.bootstrapServers(), 500);
        }
        assertEquals(0, run("train", "--spec", spec(), "--data", archive, "--out", data));
        try (EmbeddedBroker broker = EmbeddedBroker.start(kafka)) {
            try (Learner learner = learner(broker, snapshots);
                    ServingReplica replica = replica(broker, snapshots, "rows1")) {
                awaitExact(replica);
                send(broker.bootstrapServers(), 300);
                awaitExact(replica);
                float[] score = new float[1];
                replica.score(RawFeatures.EMPTY, List.of(RawFeatures.EMPTY), score);
                assertTrue(score[0] > 0.3 && score[0] < 0.7, "bias " + score[0]);
            }
        }
    }

    private void awaitExact(ServingReplica replica) {
        Awaitility.await().atMost(PATIENCE).until(() -> replica.version().samples() == nextId - 1);
        assertEquals(idSum, replica.version().sampleIdSum());
    }

    private static Learner learner(EmbeddedBroker broker, Path snapshots) {
        return Learner.start(
                LearnerConfig.of(broker.bootstrapServers(), snapshots), Service.SPEC.spec(), Clock.systemUTC());
    }

    private ServingReplica replica(EmbeddedBroker broker, Path snapshots, String rows) {
        return ServingReplica.start(
                new ServingReplica.Config(broker.bootstrapServers(), dir.resolve(rows), snapshots),
                Service.SPEC.spec(),
                Clock.systemUTC());
    }
}
