package dev.millrace.learner.bulk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataFiles;
import dev.millrace.ingest.source.FolderFiles;
import dev.millrace.ingest.source.SourceConfig;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of a file label every head, every head learns from them, and each is measured apart. */
class HeadMetricsTest {
    private static final int ROWS = 12_000;
    private static final int FEW = 5;
    private static final int MORE = 14;
    private static final ModelSpec SPEC = SpecReader.parse("test", """
            model: m
            rewardWindow: 1s
            heads:
              click: {labels: {click: 1}}
              like: {labels: {like: 1}}
              watch: {objective: squared, labels: {watch: {perUnit: 1, atMost: 9}}, weight: 0.2}
            slots: {user: {type: category, from: user.id}, item: {type: category, from: item.id}}
            network: {type: widedeep, dim: 8, hidden: [16], batch: 16, embeddings: {type: adagrad, rate: 0.1}}
            """);

    private static final String RATINGS = """
            model: r
            objective: squared
            labels: {rate: {perUnit: 1, atMost: 5}}
            rewardWindow: 1s
            slots: {user: {type: category, from: user.id}, item: {type: category, from: item.id}}
            optimizer: {alpha: 0.3}
            """;

    @TempDir
    Path dir;

    /** What is liked is another half of the items than what is clicked; what is watched long, a third one. */
    private static String rows() {
        Random random = new Random(11);
        StringBuilder text = new StringBuilder("user.id,item.id,click,like,watch\n");
        for (int i = 0; i < ROWS; i++) {
            int item = random.nextInt(40);
            int click = random.nextDouble() < (item < 20 ? 0.8 : 0.2) ? 1 : 0;
            String like = i % 3 == 0 ? "" : random.nextDouble() < (item % 2 == 0 ? 0.7 : 0.1) ? "1" : "0";
            String watch = click == 0 ? "" : Integer.toString(item % 4 + random.nextInt(2));
            text.append("u%d,i%d,%d,%s,%s%n".formatted(random.nextInt(30), item, click, like, watch));
        }
        return text.toString();
    }

    private static BulkMetrics of(Map<String, BulkMetrics> heads, String name) {
        return Objects.requireNonNull(heads.get(name));
    }

    /** What one worker's step learns is not learned as a linear model of a probability by all of them. */
    @ParameterizedTest
    @ValueSource(strings = {"", "network: {type: mf, dim: 2, batch: 1}"})
    void ratingsFromRowsAreLearnedAsValues(String network) throws IOException, InterruptedException {
        ModelSpec spec = SpecReader.parse("test", RATINGS + network);
        StringBuilder text = new StringBuilder("user.id,item.id,label\n");
        for (int i = 0; i < 4_000; i++) {
            text.append("u%d,i%d,%d%n".formatted(i % 7, i % 20, 1 + i % 5));
        }
        Path data = Files.createDirectories(dir.resolve("ratings"));
        Files.writeString(data.resolve("a.csv"), text);
        try (DataFiles files = new FolderFiles(data)) {
            TrainedModel model = new BulkTrainer(spec, new BulkTrainer.Config(2, true, 10), (at, of, learned) -> {})
                    .train(List.of(BulkSource.open(files, SourceConfig.defaults(1_000), spec)));
            assertTrue(model.metrics().rmse() < 1, "RMSE " + model.metrics().rmse());
            assertTrue(model.heads().isEmpty());
        }
    }

    /** One that is larger than the one before by less than there are heads. */
    private Path growingBlocks() throws IOException {
        List<String> lines = rows().lines().toList();
        Path folder = Files.createDirectories(dir.resolve("growing"));
        for (int file = 0; file < 2; file++) {
            List<String> some = lines.subList(1, 1 + (file == 0 ? FEW : MORE));
            Files.writeString(folder.resolve(file + ".csv"), lines.getFirst() + '\n' + String.join("\n", some) + '\n');
        }
        return folder;
    }

    @Test
    void everyHeadLearnsFromRowsAndIsMeasured() throws IOException, InterruptedException {
        Path data = Files.createDirectories(dir.resolve("data"));
        Files.writeString(data.resolve("a.csv"), rows());
        try (DataFiles files = new FolderFiles(data);
                SnapshotStore store = SnapshotPlace.folder(dir.resolve("model")).store(0, 1, 1)) {
            BulkSource all = BulkSource.open(files, SourceConfig.defaults(1_000), SPEC);
            TrainedModel model = new BulkTrainer(SPEC, new BulkTrainer.Config(2, true, 10), (at, of, learned) -> {})
                    .train(List.of(all));
            assertEquals(
                    List.of("click", "like", "watch"), List.copyOf(model.heads().keySet()));
            assertEquals(ROWS, model.metrics().samples());
            BulkMetrics like = of(model.heads(), "like");
            assertEquals(ROWS * 2 / 3, like.samples());
            var unused = model.publish(store, TrainedModel.LogEnd.NONE, 1_000);
            try (Snapshot snapshot = store.newest().orElseThrow()) {
                var heads = HeldOut.measure(SPEC, snapshot, null, List.of(all), bytes -> {})
                        .heads();
                assertTrue(
                        of(heads, "click").auc() > 0.75,
                        "click " + of(heads, "click").auc());
                assertTrue(
                        of(heads, "like").auc() > 0.75,
                        "like " + of(heads, "like").auc());
                assertEquals(1, of(heads, "like").calibration(), 0.05);
                assertTrue(
                        of(heads, "watch").rmse() < 0.65,
                        "watch " + of(heads, "watch").rmse());
                assertTrue(Double.isNaN(of(heads, "watch").logLoss()));
                try (DataFiles growing = new FolderFiles(growingBlocks())) {
                    BulkSource source = BulkSource.open(growing, SourceConfig.defaults(1_000), SPEC);
                    HeldOut.Result result = HeldOut.measure(SPEC, snapshot, null, List.of(source), bytes -> {});
                    assertEquals(FEW + MORE, result.metrics().samples());
                }
            }
        }
    }
}
