package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.serve.ServingReplica;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A learner that starts again on a real log, whatever happened to its snapshots and to that log. */
@Tag("e2e")
class RecoveryTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long FINGERPRINT = Service.SPEC.spec().fingerprint();

    @TempDir
    Path dir;

    private EmbeddedBroker broker;
    private KafkaProducer<byte[], byte[]> producer;
    private ServingReplica replica;
    private long nextId = 1;
    private long idSum;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        broker = EmbeddedBroker.start(dir.resolve("kafka"));
        TopicAdmin.create(broker.bootstrapServers(), List.of(Service.MODEL), TopicAdmin.Layout.EMBEDDED);
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        replica = replica("rows");
    }

    @AfterEach
    void stop() {
        replica.close();
        producer.close();
        broker.close();
    }

    private ServingReplica replica(String rows) {
        return ServingReplica.start(
                new ServingReplica.Config(broker.bootstrapServers(), dir.resolve(rows), snapshots()),
                Service.SPEC.spec(),
                Clock.systemUTC());
    }

    private Path snapshots() {
        return dir.resolve("snapshots");
    }

    private Learner learner() {
        return Learner.start(
                LearnerConfig.of(broker.bootstrapServers(), snapshots()), Service.SPEC.spec(), Clock.systemUTC());
    }

    /** Learns so many more samples, in blocks of ten, and waits until they serve. */
    private void learn(int samples) throws InterruptedException {
        Random random = new Random(nextId);
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
                var header = new SampleBlock.Header(Service.MODEL, FINGERPRINT, 1, 1);
                write(Topics.samples(Service.MODEL), SampleBlockCodec.encode(builder.build(header)));
            }
        }
        awaitExact();
    }

    private void awaitExact() {
        Awaitility.await().atMost(PATIENCE).until(() -> replica.version().samples() == nextId - 1);
        assertEquals(idSum, replica.version().sampleIdSum());
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertEquals(Boolean.TRUE, ShardParity.equal(replica.parity())));
    }

    private void write(String topic, byte[] value) {
        var unused = producer.send(new ProducerRecord<>(topic, 0, null, value));
        producer.flush();
    }

    private void writeStray(long sequence, long key, float weight) {
        var header = new Delta.Header(0, sequence, FINGERPRINT, 1, 1, new TreeMap<>(), 0, 0, 0);
        Delta delta = new Delta(header, new long[] {key}, new float[] {weight});
        write(Topics.deltas(Service.MODEL), DeltaCodec.encode(delta));
    }

    private float score() {
        float[] scores = new float[1];
        replica.score(RawFeatures.EMPTY, List.of(RawFeatures.EMPTY), scores);
        return scores[0];
    }

    /** Every sequence once, without a hole. */
    private void assertGapFree() {
        List<Long> sequences = Log.deltas(broker.bootstrapServers()).stream()
                .map(d -> d.header().sequence())
                .toList();
        assertEquals(Stream.iterate(1L, s -> s + 1).limit(sequences.size()).toList(), sequences);
    }

    @Test
    void withItsSnapshotItGoesOn() throws InterruptedException {
        try (Learner learner = learner()) {
            learn(500);
        }
        try (Learner again = learner()) {
            learn(200);
        }
        assertGapFree();
    }

    @Test
    void withoutAnySnapshotItLearnsThePublishedBatchesAgain() throws IOException, InterruptedException {
        try (Learner learner = learner()) {
            learn(500);
        }
        long published = replica.version().sequence();
        float served = score();
        try (Stream<Path> files = Files.list(snapshots())) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        try (Learner again = learner()) {
            learn(10);
            assertTrue(replica.version().sequence() > published);
        }
        assertGapFree();
        assertTrue(served != score(), "the last samples moved the bias");
    }

    @Test
    void aHoleInTheDeltaLogIsMendedByASnapshotAtOnce() throws InterruptedException {
        try (Learner learner = learner()) {
            learn(300);
        }
        long stray = replica.version().sequence() + 5;
        writeStray(stray, FeatureIds.BIAS, 100f);
        Awaitility.await().atMost(PATIENCE).until(() -> !replica.caughtUp());
        try (Learner again = learner()) {
            learn(50);
        }
        assertTrue(replica.version().sequence() > stray);
        assertTrue(score() < 0.99, "the stray row does not serve");
        assertTrue(replica.caughtUp());
    }

    @Test
    void aSecondDeltaOfOneSequenceChangesNothing() throws InterruptedException {
        try (Learner learner = learner()) {
            learn(300);
        }
        long last = replica.version().sequence();
        writeStray(last, FeatureIds.BIAS, 100f);
        try (ServingReplica other = replica("other-rows");
                Learner again = learner()) {
            learn(50);
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> other.version().sequence() >= replica.version().sequence());
            float[] scores = new float[1];
            other.score(RawFeatures.EMPTY, List.of(RawFeatures.EMPTY), scores);
            assertEquals(score(), scores[0]);
            assertTrue(scores[0] < 0.99, "the first of a sequence counts");
        }
    }
}
