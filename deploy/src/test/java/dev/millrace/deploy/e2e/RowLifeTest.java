package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.ingest.topic.Topics;
import dev.millrace.learner.run.Learner;
import dev.millrace.learner.run.LearnerConfig;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.serve.ServingReplica;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;

/** Rows that were admitted and then expire, on a real log: what serves, its disk, and a learner that starts again. */
@Tag("e2e")
class RowLifeTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: shop, objective: logistic, labels: {like: 1}, rewardWindow: 1s,"
                    + " slots: {user: {type: category, from: user.id, minCount: 2, expireAfter: 1m}}}");
    private static final int USER = FeatureIds.slot("user");
    private static final long START_MS = 1_700_000_000_000L;

    @TempDir
    Path dir;

    private EmbeddedBroker broker;
    private KafkaProducer<byte[], byte[]> producer;
    private long samples;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        broker = EmbeddedBroker.start(dir.resolve("kafka"));
        TopicAdmin.create(broker.bootstrapServers(), List.of(SPEC.model()), TopicAdmin.Layout.EMBEDDED);
        producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServers()),
                new ByteArraySerializer(),
                new ByteArraySerializer());
    }

    @AfterEach
    void stop() {
        producer.close();
        broker.close();
    }

    private Path snapshots() {
        return dir.resolve("snapshots");
    }

    private ServingReplica replica(String rows) {
        var config = new ServingReplica.Config(broker.bootstrapServers(), dir.resolve(rows), snapshots());
        return ServingReplica.start(config, SPEC, Clock.systemUTC());
    }

    private Learner learner() {
        return Learner.start(LearnerConfig.of(broker.bootstrapServers(), snapshots()), SPEC, Clock.systemUTC());
    }

    private static long key(int user) {
        return FeatureIds.pack(USER, user);
    }

    /** One block of a sample for each of these users; waits until it serves. */
    private void learn(ServingReplica replica, long second, int firstUser, int lastUser) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        long timeMs = START_MS + 1_000 * second;
        for (int user = firstUser; user <= lastUser; user++) {
            FeatureVector vector = new FeatureVector();
            vector.add(FeatureIds.BIAS, 1f);
            vector.add(key(user), 1f);
            samples++;
            builder.add(new SampleBlockBuilder.Meta(samples, samples, 0, 1f, 1f, 1f, 0.5f, 0, timeMs), vector);
        }
        byte[] block = SampleBlockCodec.encode(
                builder.build(new SampleBlock.Header(SPEC.model(), SPEC.fingerprint(), timeMs, timeMs)));
        var unused = producer.send(new ProducerRecord<>(Topics.samples(SPEC.model()), 0, null, block));
        producer.flush();
        Awaitility.await().atMost(PATIENCE).until(() -> replica.version().samples() == samples);
    }

    @Test
    void expiredRowsLeaveEveryCopyAndAreLearnedAgainTheSame() throws Exception {
        try (ServingReplica replica = replica("rows")) {
            try (Learner learner = learner()) {
                learn(replica, 0, 1, 30);
                assertEquals(1, replica.version().rows(), "nobody came twice: the bias alone");
                learn(replica, 1, 1, 20);
                assertEquals(21, replica.version().rows());
                learn(replica, 50, 1, 5);
                // A sweep's period on: users 6 .. 20 are too old, 1 .. 5 not quite; 21 .. 25 come a second time.
                learn(replica, 110, 21, 25);
                assertEquals(11, replica.version().rows());
            }
            assertRead(replica);
            assertEquals(keys(6, 20), tombstones());
            long published = replica.version().sequence();
            deleteSnapshots();
            try (Learner again = learner()) {
                learn(replica, 110, 1, 2);
            }
            // What was learned again came out the same: nothing else had to be sent anew.
            Set<Long> resent = new HashSet<>();
            Log.deltas(broker.bootstrapServers()).stream()
                    .filter(d -> d.header().sequence() > published)
                    .forEach(d -> add(resent, d));
            assertEquals(Set.of(FeatureIds.BIAS, key(1), key(2)), resent);
            assertRead(replica);
        }
        assertEquals(11, rowsOnDisk("rows"));
        deleteSnapshots();
        try (ServingReplica fromTheLog = replica("other-rows")) {
            Awaitility.await().atMost(PATIENCE).until(() -> fromTheLog.version().samples() == samples);
            assertEquals(11, fromTheLog.version().rows());
        }
        assertEquals(11, rowsOnDisk("other-rows"));
    }

    private static void assertRead(ServingReplica replica) {
        float[] weights = new float[3];
        replica.read(new long[] {key(1), key(6), key(21)}, 3, weights);
        assertTrue(weights[0] != 0 && weights[2] != 0, "kept and admitted");
        assertEquals(0f, weights[1], "expired");
    }

    private static Set<Long> keys(int firstUser, int lastUser) {
        return IntStream.rangeClosed(firstUser, lastUser)
                .mapToObj(RowLifeTest::key)
                .collect(Collectors.toSet());
    }

    private Set<Long> tombstones() {
        Set<Long> keys = new HashSet<>();
        for (Delta delta : Log.deltas(broker.bootstrapServers())) {
            for (int i = 0; i < delta.keys().length; i++) {
                if (Delta.isTombstone(delta.weights()[i])) {
                    keys.add(delta.keys()[i]);
                }
            }
        }
        return keys;
    }

    private static void add(Set<Long> keys, Delta delta) {
        for (long key : delta.keys()) {
            keys.add(key);
        }
    }

    private void deleteSnapshots() throws IOException {
        try (Stream<Path> files = Files.walk(snapshots())) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.delete(file);
            }
        }
    }

    private int rowsOnDisk(String rows) throws RocksDBException {
        int count = 0;
        try (Options options = new Options();
                RocksDB db = RocksDB.openReadOnly(options, dir.resolve(rows).toString());
                RocksIterator row = db.newIterator()) {
            for (row.seekToFirst(); row.isValid(); row.next()) {
                count += row.key().length == Long.BYTES ? 1 : 0;
            }
        }
        return count;
    }
}
