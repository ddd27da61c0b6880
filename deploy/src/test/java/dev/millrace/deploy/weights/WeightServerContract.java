package dev.millrace.deploy.weights;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.serve.WeightsUnavailable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What holds of weights wherever they are served from. */
abstract class WeightServerContract {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final long SEED = 20_261_122;

    @TempDir
    Path dir;

    private Training training;
    private @Nullable Backend backend;

    /** Everything that serves a model's weights here, started. */
    interface Backend extends AutoCloseable {
        WeightServer weights();

        @Override
        void close();
    }

    abstract String bootstrapServers();

    /**
     * @param folder kept from one start to the next
     * @param snapshots of the model
     */
    abstract Backend start(ModelSpec spec, Path folder, Path snapshots) throws IOException;

    @BeforeEach
    void learner() throws InterruptedException {
        // A model of its own: topics and stores are shared by all tests.
        String model = "m" + UUID.randomUUID().toString().replace("-", "");
        training = new Training(bootstrapServers(), model, dir.resolve("snapshots"), SEED);
    }

    @AfterEach
    void stop() {
        stopServing();
        training.close();
    }

    private void start() throws IOException {
        start(training.spec);
    }

    private void start(ModelSpec spec) throws IOException {
        backend = start(spec, dir.resolve("data"), dir.resolve("snapshots"));
    }

    private void stopServing() {
        Backend running = backend;
        backend = null;
        if (running != null) {
            running.close();
        }
    }

    private WeightServer weights() {
        return Objects.requireNonNull(backend).weights();
    }

    private void awaitLearned() {
        await().atMost(PATIENCE).until(() -> weights().version().sequence() == training.sequence());
        await().atMost(PATIENCE).until(() -> weights().caughtUp());
    }

    private void assertScores() {
        RawFeatures user = training.anyUser();
        List<RawFeatures> items = new ArrayList<>();
        float[] expected = new float[50];
        for (int i = 0; i < expected.length; i++) {
            items.add(training.anyItem());
            expected[i] = training.score(user, items.get(i));
        }
        float[] scores = new float[expected.length];
        assertEquals(training.sequence(), weights().score(user, items, scores));
        assertArrayEquals(expected, scores, "seed " + SEED);
    }

    @Test
    void theSameDeltasGiveTheSameBits() throws IOException {
        training.learn(10);
        start();
        awaitLearned();
        assertScores();
        training.learn(10);
        awaitLearned();
        for (int i = 0; i < 20; i++) {
            assertScores();
        }
        ServedVersion version = weights().version();
        assertEquals(training.weights.size(), version.rows());
        assertEquals(20, version.shards().get(0).sequence());
        assertEquals(20, version.shards().get(1).sequence());
        assertEquals(Map.of(1, 200L), version.shards().get(1).sampleOffsets());
        assertEquals(520, version.watermarkMs());
        assertEquals(20, version.samples());
        assertEquals(60, version.sampleIdSum());
        assertEquals(1_020, version.learnedMs());
    }

    @Test
    void tombstonesTakeRowsAwayAndUnknownKeysWeighNothing() throws IOException {
        training.learn(3);
        start();
        awaitLearned();
        training.forget();
        awaitLearned();
        assertEquals(0, weights().version().rows());
        float[] scores = new float[1];
        weights().score(training.anyUser(), List.of(training.anyItem()), scores);
        assertArrayEquals(new float[] {0.5f}, scores);
    }

    @Test
    void whatTheLogLacksIsMendedFromSnapshots() throws IOException {
        training.learn(2);
        start();
        awaitLearned();
        long before = training.sequence();
        training.learnUnpublished();
        training.learnUnpublished();
        training.snapshot();
        training.learn(3);
        awaitLearned();
        assertTrue(training.sequence() > before + 4);
        assertScores();
        assertEquals(training.weights.size(), weights().version().rows());
    }

    @Test
    void itContinuesWhereItStopped() throws Exception {
        training.learn(5);
        start();
        awaitLearned();
        // Whoever began again would find neither these nor a snapshot.
        training.expireLog();
        stopServing();
        start();
        awaitLearned();
        assertScores();
        stopServing();
        training.learn(5);
        start();
        awaitLearned();
        assertScores();
        assertEquals(training.weights.size(), weights().version().rows());
    }

    @Test
    void itBeginsWithASnapshotWhenTheLogHasExpired() throws Exception {
        training.learn(5);
        training.snapshot();
        training.expireLog();
        training.learn(2);
        start();
        awaitLearned();
        assertScores();
    }

    @Test
    void aNewOwnerOverwritesWhatItsPredecessorAddedBehindItsBack() throws IOException {
        training.learn(3);
        start();
        awaitLearned();
        training.takeOver();
        training.learn(1);
        awaitLearned();
        assertScores();
        training.takeOver();
        await().atMost(PATIENCE).untilAsserted(this::assertScores);
        stopServing();
        training.learn(1);
        start();
        awaitLearned();
        assertScores();
    }

    @Test
    void deltasOfAnotherSpecAreDropped() throws IOException {
        training.learn(2);
        training.publishForeign();
        training.learn(2);
        start();
        awaitLearned();
        assertScores();
    }

    @Test
    void weightsOfAnotherSpecAreNotServed() throws IOException {
        training.learn(3);
        start();
        awaitLearned();
        stopServing();
        start(Training.spec(training.spec.model(), "person"));
        RawFeatures user = training.anyUser();
        List<RawFeatures> items = List.of(training.anyItem());
        float[] scores = new float[1];
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(WeightsUnavailable.class)
                .until(() -> {
                    long sequence = weights().score(user, items, scores);
                    assertEquals(0, sequence);
                    return true;
                });
        assertArrayEquals(new float[] {0.5f}, scores);
    }

    @Test
    void listenersHearOfTheNewestVersion() throws IOException {
        start();
        List<Long> heard = new CopyOnWriteArrayList<>();
        weights().onApplied(version -> {
            heard.add(version.sequence());
            throw new IllegalStateException("a listener's own trouble");
        });
        training.learn(10);
        await().atMost(PATIENCE).until(() -> heard.contains(training.sequence()));
        assertEquals(heard.stream().sorted().distinct().toList(), heard);
        awaitLearned();
        assertScores();
    }
}
