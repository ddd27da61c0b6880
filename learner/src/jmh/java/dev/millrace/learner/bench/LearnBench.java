package dev.millrace.learner.bench;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataFiles;
import dev.millrace.ingest.source.FolderFiles;
import dev.millrace.ingest.source.SourceConfig;
import dev.millrace.ingest.source.Split;
import dev.millrace.ingest.source.SplitReader;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.bulk.BulkTrainer;
import dev.millrace.learner.bulk.TrainedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * FTRL-LR over {@link CriteoLike} rows from a text file and from blocks in memory, by two workers; wall time.
 *
 * <pre>LearnBench ROWS SCRATCH_DIR FIGURES_FILE</pre>
 */
public final class LearnBench {
    private static final int WORKERS = Integer.getInteger("workers", 2);
    private static final int RUNS = Integer.getInteger("runs", 7);

    private final ModelSpec spec = CriteoLike.spec(false);
    private final BulkTrainer.Config config = new BulkTrainer.Config(WORKERS, true, 1 << 10);

    public static void main(String[] args) throws Exception {
        int rows = Integer.parseInt(args[0]);
        Path text = Path.of(args[1]).resolve("criteo-" + rows + ".vw");
        if (!Files.exists(text)) {
            CriteoLike.writeVw(text, rows);
        }
        new LearnBench().run(text, rows, new Figures(Path.of(args[2])));
    }

    private void run(Path text, int rows, Figures figures) throws Exception {
        double[] rates = new double[RUNS];
        if (Boolean.getBoolean("memory")) {
            memory(blocks(text), rows, rates, figures);
            return;
        }
        double loss = 0;
        for (int run = -2; run < RUNS; run++) {
            letGo();
            long startNs = System.nanoTime();
            TrainedModel model = fromText(text);
            double rate = rows / ((System.nanoTime() - startNs) / 1e9);
            loss = model.metrics().logLoss();
            System.err.printf(
                    "text: %.3f M samples/s, log loss %.5f, AUC %.4f, %d rows%n",
                    rate / 1e6,
                    loss,
                    model.metrics().auc(),
                    model.state().table().size());
            if (run >= 0) {
                rates[run] = rate;
            }
        }
        figures.add("learn.text.rate", Figures.median(rates) / 1e6, "M samples/s");
        figures.add("learn.text.log_loss", loss, "nats");
        memory(blocks(text), rows, rates, figures);
    }

    private void memory(List<SampleBlock> blocks, int rows, double[] rates, Figures figures) throws Exception {
        for (int run = -2; run < RUNS; run++) {
            letGo();
            BulkTrainer trainer = new BulkTrainer(spec, config, (bytes, of, learned) -> {});
            long startNs = System.nanoTime();
            long startCpuNs = cpuNs();
            TrainedModel model = trainer.trainBlocks(blocks);
            double rate = rows / ((System.nanoTime() - startNs) / 1e9);
            System.err.printf(
                    "memory: %.3f M samples/s, %.3f a core, log loss %.5f%n",
                    rate / 1e6,
                    rows / ((cpuNs() - startCpuNs) / 1e3),
                    model.metrics().logLoss());
            if (run >= 0) {
                rates[run] = rate;
            }
        }
        figures.add("learn.memory.rate", Figures.median(rates) / 1e6, "M samples/s");
    }

    private TrainedModel fromText(Path text) throws Exception {
        try (DataFiles files = new FolderFiles(text)) {
            BulkSource source = BulkSource.open(files, SourceConfig.defaults(0), spec);
            return new BulkTrainer(spec, config, (bytes, of, learned) -> {}).train(List.of(source));
        }
    }

    private List<SampleBlock> blocks(Path text) throws Exception {
        List<SampleBlock> blocks = new ArrayList<>();
        try (DataFiles files = new FolderFiles(text)) {
            BulkSource source = BulkSource.open(files, SourceConfig.defaults(0), spec);
            SplitReader reader = source.reader();
            for (Split split : source.splits()) {
                reader.open(split);
                for (SampleBlock block = reader.next(); block != null; block = reader.next()) {
                    blocks.add(block);
                }
            }
        }
        return blocks;
    }

    /** The model before goes, and its memory is there again ({@code -Dmillrace.table.keep}). */
    private static void letGo() throws InterruptedException {
        System.gc();
        Thread.sleep(100);
    }

    /** Of the whole process. */
    private static long cpuNs() {
        return java.lang.management.ManagementFactory.getOperatingSystemMXBean()
                        instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getProcessCpuTime()
                : 0;
    }
}
