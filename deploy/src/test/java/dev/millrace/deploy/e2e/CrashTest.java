package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.ModelInfo;
import dev.millrace.load.data.Dataset;
import dev.millrace.load.replay.Replay;
import dev.millrace.load.replay.ReplayOptions;
import dev.millrace.load.report.Report;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} of the whole process in the middle of a replay, twice: the replay finishes, and the counts are exact. */
@Tag("e2e")
class CrashTest {
    private static final Duration START = Duration.ofSeconds(90);
    private static final int USERS = 60;
    private static final int REQUESTS = 3_000;

    @TempDir
    Path dir;

    @Test
    void everyAcknowledgedActionIsLearnedExactlyOnce() throws Exception {
        long seed = 20_261_121;
        int port = Serve.freePort();
        URI base = URI.create("http://127.0.0.1:" + port);
        Path spec = Files.writeString(dir.resolve("people.yml"), spec());
        Path recording = Files.write(dir.resolve("people.jsonl"), recording(new Random(seed)));
        Random moments = new Random(seed);
        Process service = Serve.start(dir, spec, port);
        try (MillraceClient client = new MillraceClient(base)) {
            Awaitility.await().atMost(START).until(client::ready);
            CompletableFuture<Report> replay = CompletableFuture.supplyAsync(() -> replay(base, recording));
            for (int round = 1; round <= 2; round++) {
                long learned = (long) round * REQUESTS / 3 + moments.nextInt(REQUESTS / 10);
                Awaitility.await()
                        .atMost(START)
                        .until(() -> replay.isDone() || client.model("people").samplesLearned() >= learned);
                assertTrue(!replay.isDone(), "the replay was over before it could be disturbed, seed " + seed);
                // So that the second recovery is from a snapshot and the log behind it.
                Awaitility.await().atMost(START).until(() -> hasSnapshot());
                service.destroyForcibly().waitFor();
                service = Serve.start(dir, spec, port);
            }
            Report report = replay.join();
            assertEquals(REQUESTS, report.events());
            assertEquals(0, report.lost(), () -> "seed " + seed + report.json());
            assertEquals(0, report.duplicated(), () -> "seed " + seed + report.json());
            assertEquals(0, report.untraced(), report::json);
            assertEquals(REQUESTS, report.samplesLearned(), report::json);
            assertEquals(report.expectedSampleIdSum(), report.sampleIdSum(), report::json);
            assertTrue(report.retries() > 0, "nobody noticed the crash");
            ModelInfo model = client.model("people");
            service.destroy();
            assertTrue(service.waitFor(60, java.util.concurrent.TimeUnit.SECONDS), "it stops when asked to");
            biasRowAgrees(model);
        } finally {
            service.destroyForcibly();
        }
    }

    private boolean hasSnapshot() throws IOException {
        Optional<Snapshot> newest = new SnapshotFolder(snapshots(), 1).newest();
        newest.ifPresent(Snapshot::close);
        return newest.isPresent();
    }

    private Path snapshots() {
        return dir.resolve("data/models/people/snapshots");
    }

    private void biasRowAgrees(ModelInfo model) throws IOException {
        try (Snapshot snapshot = new SnapshotFolder(snapshots(), 1).newest().orElseThrow()) {
            ParameterTable table = SnapshotTables.restore(snapshot, 1_000_000);
            long bias = table.find(FeatureIds.BIAS);
            // Empty batches follow while nobody acts.
            assertTrue(snapshot.header().sequence() >= model.version());
            assertEquals(REQUESTS, table.getInt(bias, RowLayout.UPDATES));
            assertEquals(model.sampleIdSumBits(), table.getLong(bias, RowLayout.ID_SUM));
        }
    }

    private static Report replay(URI base, Path recording) {
        try {
            return Replay.run(ReplayOptions.builder(base, "people", Dataset.JSONL, recording)
                    .users(32)
                    .absence(dev.millrace.ingest.spec.Policies.Absence.DROP)
                    .build());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }

    private static String spec() {
        return """
                model: people
                objective: logistic
                labels: {like: 1, dislike: 0}
                rewardWindow: 5m
                slots:
                  user: {type: category, from: user.id}
                  item: {type: category, from: item.id}
                crosses: [[user, item]]
                policies: {absence: drop}
                """;
    }

    private static List<String> recording(Random random) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            int item = random.nextInt(200);
            lines.add(
                    "{\"time\":%d,\"rank\":{\"requestId\":\"%d\",\"user\":\"u%d\",\"candidates\":[{\"item\":\"i%d\"}]}}"
                            .formatted(2 * i, i, random.nextInt(USERS), item));
            lines.add("{\"time\":%d,\"event\":{\"requestId\":\"%d\",\"item\":\"i%d\",\"type\":\"%s\"}}"
                    .formatted(2 * i + 1, i, item, random.nextBoolean() ? "like" : "dislike"));
        }
        return lines;
    }
}
