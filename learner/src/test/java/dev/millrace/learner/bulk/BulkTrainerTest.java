package dev.millrace.learner.bulk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataException;
import dev.millrace.ingest.source.DataFiles;
import dev.millrace.ingest.source.FolderFiles;
import dev.millrace.ingest.source.SourceConfig;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.training.ShardState;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BulkTrainerTest {
    private static final int ROWS = 20_000;
    private static final long NOW_MS = 1_700_000_000_000L;

    @TempDir
    Path dir;

    /** @param more of the second slot */
    private static ModelSpec spec(String more, boolean audit) {
        return SpecReader.parse("test", """
                model: m
                objective: logistic
                labels: {click: 1}
                rewardWindow: 5s
                slots:
                  user: {type: category, from: user.id}
                  item: {type: category, from: item.id%s}
                  price: {type: number, from: item.price}
                crosses: [[user, item]]
                optimizer: {type: ftrl, alpha: 0.1, beta: 1, l1: 0.01, l2: 0.1}
                policies: {audit: %s}
                """.formatted(more, audit));
    }

    private Path data() throws IOException {
        Random random = new Random(3);
        for (int f = 0; f < 3; f++) {
            StringBuilder text = new StringBuilder("label,user.id,item.id,price\n");
            for (int i = 0; i < ROWS / 4 * (f == 1 ? 2 : 1); i++) {
                int user = random.nextInt(50);
                int item = random.nextInt(100);
                double price = random.nextInt(100) / 100.0;
                double p = 1 / (1 + Math.exp(1 - Math.sin(user) - Math.cos(item) - price));
                text.append(random.nextDouble() < p ? 1 : 0)
                        .append(",u")
                        .append(user)
                        .append(",i")
                        .append(item);
                text.append(',').append(price).append('\n');
            }
            Files.writeString(dir.resolve(f + ".csv"), text);
        }
        return dir;
    }

    private static TrainedModel train(Path place, ModelSpec spec, int workers, boolean inOrder)
            throws IOException, InterruptedException {
        var config = new SourceConfig(null, "label", null, null, null, List.of(), '|', NOW_MS, 4096, 0);
        try (DataFiles files = new FolderFiles(place)) {
            BulkSource source = BulkSource.open(files, config, spec);
            return new BulkTrainer(spec, new BulkTrainer.Config(workers, inOrder, 100), (at, of, learned) -> {})
                    .train(List.of(source));
        }
    }

    /** Every row's key, z and n. */
    private static TreeMap<Long, String> rows(TrainedModel model) {
        ParameterTable table = model.state().table();
        TreeMap<Long, String> rows = new TreeMap<>();
        table.forEachRow(row ->
                rows.put(table.key(row), table.getFloat(row, RowLayout.Z) + " " + table.getFloat(row, RowLayout.N)));
        return rows;
    }

    @Test
    void learnsWhatTheOnlineStepLearns() throws IOException, InterruptedException {
        data();
        // minCount 2 of one slot takes the step that learns online.
        TrainedModel one = train(dir, spec("", true), 1, true);
        TrainedModel two = train(dir, spec("", true), 2, true);
        TrainedModel online = train(dir, spec(", minCount: 2", true), 2, true);
        assertEquals(ROWS, online.metrics().samples());
        assertEquals(online.metrics().logLoss(), two.metrics().logLoss(), 2e-3);
        assertEquals(one.metrics().logLoss(), two.metrics().logLoss(), 1e-5);
        assertEquals(online.metrics().auc(), two.metrics().auc(), 2e-3);
        assertTrue(two.metrics().auc() > 0.7, "AUC " + two.metrics().auc());
        assertEquals(1, two.metrics().calibration(), 0.05);
        assertEquals(rows(one).keySet(), rows(two).keySet());
    }

    @Test
    void theSameFilesAndWorkersGiveTheSameBits() throws IOException, InterruptedException {
        data();
        assertEquals(rows(train(dir, spec("", true), 2, true)), rows(train(dir, spec("", true), 2, true)));
    }

    /** Samples, and the sum of their ids, by the rows of one slot. */
    private record Noted(long samples, long idSum) {
        static Noted of(ParameterTable table, String slot) {
            long[] sums = new long[2];
            table.forEachRow(row -> {
                if (FeatureIds.slotOf(table.key(row)) == FeatureIds.slot(slot)) {
                    sums[0] += table.getInt(row, RowLayout.UPDATES);
                    sums[1] += table.getLong(row, RowLayout.ID_SUM);
                }
            });
            return new Noted(sums[0], sums[1]);
        }
    }

    @Test
    void everySampleCountsOnceInAnyOrder() throws IOException, InterruptedException {
        data();
        ShardState inOrder = train(dir, spec("", true), 2, true).state();
        ShardState any = train(dir, spec("", true), 3, false).state();
        for (ShardState state : List.of(inOrder, any)) {
            assertEquals(ROWS, state.samples());
            long bias = state.table().find(FeatureIds.BIAS);
            assertEquals(ROWS, state.table().getInt(bias, RowLayout.UPDATES));
            assertEquals(inOrder.sampleIdSum(), state.sampleIdSum());
            // Some rows of crosses had a place among the merged ones for a while.
            for (String slot : List.of("user", "item", "user*item")) {
                assertEquals(new Noted(ROWS, state.sampleIdSum()), Noted.of(state.table(), slot), slot);
            }
        }
        ShardState unaudited = train(dir, spec("", false), 2, true).state();
        assertEquals(inOrder.sampleIdSum(), unaudited.sampleIdSum());
    }

    @Test
    void aVersionIsWhatTheOnlineLearnerGoesOnFrom() throws IOException, InterruptedException {
        data();
        ModelSpec spec = spec("", true);
        TrainedModel model = train(dir, spec, 2, true);
        try (SnapshotStore store =
                SnapshotPlace.folder(dir.resolve("snapshots")).store(0, 1, 3)) {
            assertEquals(1, model.publish(store, TrainedModel.LogEnd.NONE, NOW_MS));
            try (Snapshot snapshot = store.newest().orElseThrow()) {
                TrainingShard shard = TrainingShard.of(spec, snapshot, 1 << 10);
                assertEquals(ROWS, shard.samples());
                assertEquals(model.state().sampleIdSum(), shard.sampleIdSum());
                assertEquals(1, shard.sequence());
                assertEquals(0, shard.nextOffset(0));
            }
        }
    }

    @Test
    void aWorkerThatFailsEndsAll() throws IOException {
        data();
        Files.writeString(dir.resolve("9.csv"), "label,user.id,item.id,price\n1,u,i,cheap\n");
        for (boolean inOrder : new boolean[] {true, false}) {
            DataException failure = assertThrows(DataException.class, () -> train(dir, spec("", true), 2, inOrder));
            assertTrue(String.valueOf(failure.getMessage()).contains("'cheap' is no number"));
        }
    }
}
