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
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HeldOutTest {
    private static final int ROWS = 8_000;
    private static final long NOW_MS = 1_700_000_000_000L;
    private static final ModelSpec SPEC = SpecReader.parse("test", """
            model: m
            objective: logistic
            labels: {click: 1}
            rewardWindow: 5s
            slots:
              user: {type: category, from: user.id}
              item: {type: category, from: item.id}
            optimizer: {type: ftrl, alpha: 0.1, beta: 1, l1: 0, l2: 0.1}
            """);

    @TempDir
    Path dir;

    private BulkSource open() throws IOException {
        Random random = new Random(3);
        StringBuilder text = new StringBuilder("label,user.id,item.id\n");
        for (int i = 0; i < ROWS; i++) {
            int user = random.nextInt(50);
            int item = random.nextInt(100);
            double p = 1 / (1 + Math.exp(1 - 2 * Math.sin(user) - 2 * Math.cos(item)));
            text.append(random.nextDouble() < p ? 1 : 0).append(",u%d,i%d%n".formatted(user, item));
        }
        Path data = Files.createDirectories(dir.resolve("data"));
        Files.writeString(data.resolve("a.csv"), text);
        DataFiles files = new FolderFiles(data);
        return BulkSource.open(
                files, new SourceConfig(null, "label", null, null, null, List.of(), '|', NOW_MS, 2048, 0), SPEC);
    }

    private Snapshot trained(String name, List<BulkSource> of) throws IOException, InterruptedException {
        TrainedModel model =
                new BulkTrainer(SPEC, new BulkTrainer.Config(1, true, 10), (at, all, learned) -> {}).train(of);
        SnapshotStore store = SnapshotPlace.folder(dir.resolve(name)).store(0, 1, 1);
        var unused = model.publish(store, TrainedModel.LogEnd.NONE, NOW_MS);
        return store.newest().orElseThrow();
    }

    @Test
    void measuresWhatWasLeftOutBesideOtherWeights() throws IOException, InterruptedException {
        BulkSource all = open();
        long cut = all.bytes() * 8 / 10;
        BulkSource first = all.part(0, cut);
        BulkSource last = all.part(cut, Long.MAX_VALUE);
        assertEquals(all.bytes(), first.bytes() + last.bytes());
        try (Snapshot model = trained("model", List.of(first));
                Snapshot early = trained("early", List.of(all.part(0, all.bytes() / 50)))) {
            HeldOut.Result better = HeldOut.measure(SPEC, model, early, List.of(last), bytes -> {});
            assertEquals(ROWS * 0.2, better.metrics().samples(), ROWS * 0.02);
            assertTrue(better.metrics().auc() > 0.8, "AUC " + better.metrics().auc());
            assertTrue(better.maxWeight() > 0.5 && better.maxWeight() < 10, "weights up to " + better.maxWeight());
            HeldOut.Paired pair = better.pairs().getFirst();
            assertEquals("other", pair.with());
            assertEquals(better.metrics().samples(), pair.samples());
            assertTrue(pair.above() + 3 * pair.error() < 0, "better than with a fortieth of the data: " + pair);

            HeldOut.Result same = HeldOut.measure(SPEC, model, model, List.of(last), bytes -> {});
            assertEquals(0, same.pairs().getFirst().above());
            assertEquals(0, same.pairs().getFirst().error());
            assertEquals(better.metrics().logLoss(), same.metrics().logLoss(), "nothing of it was kept");
        }
    }

    /** The standard error is that of independent requests: ten times the samples of the same ones say nothing more. */
    @Test
    void samplesOfARequestAreOneDraw() {
        Random random = new Random(7);
        PairedLoss single = new PairedLoss();
        PairedLoss tenfold = new PairedLoss();
        int requests = 10_000;
        for (int request = 1; request <= requests; request++) {
            double loss = random.nextGaussian();
            single.add(request, loss, 0);
            for (int i = 0; i < 10; i++) {
                tenfold.add(request, loss, 0);
            }
        }
        HeldOut.Paired one = single.end("other");
        HeldOut.Paired ten = tenfold.end("other");
        assertEquals(1 / Math.sqrt(requests), one.error(), 0.05 / Math.sqrt(requests));
        assertEquals(one.error(), ten.error(), 1e-9);
        assertEquals(one.above(), ten.above(), 1e-9);
        assertTrue(Double.isNaN(new PairedLoss().end("other").error()));
    }
}
