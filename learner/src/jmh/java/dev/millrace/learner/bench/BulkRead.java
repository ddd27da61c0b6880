package dev.millrace.learner.bench;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataFiles;
import dev.millrace.ingest.source.FolderFiles;
import dev.millrace.ingest.source.SourceConfig;
import dev.millrace.ingest.source.Split;
import dev.millrace.ingest.source.SplitReader;
import dev.millrace.ingest.source.Splits;
import dev.millrace.ingest.source.Workers;
import dev.millrace.ingest.spec.ModelSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The bulk source reads, parses and vectorizes the CSV files of a folder whole, by two workers, own files first. Prints as
 * Spark's reader does.
 *
 * <pre>BulkRead FOLDER PASSES</pre>
 */
public final class BulkRead {
    private static final int WORKERS = 2;
    private static final int SPLIT_BYTES = 64 << 10;

    private BulkRead() {}

    public static void main(String[] args) throws Exception {
        ModelSpec spec = CriteoLike.spec(false);
        for (int pass = 0; pass < Integer.parseInt(args[1]); pass++) {
            long startNs = System.nanoTime();
            AtomicLong rows = new AtomicLong();
            AtomicLong sums = new AtomicLong();
            int stolen;
            try (DataFiles files = new FolderFiles(Path.of(args[0]))) {
                BulkSource source = BulkSource.open(files, config(), spec);
                Splits splits = Splits.ownFilesFirst(source.splits(), WORKERS);
                Workers.run(WORKERS, "read", worker -> read(worker, splits, source.reader(), rows, sums), () -> {});
                stolen = splits.stolen();
            }
            System.out.println("pass " + rows.get() + " rows " + (System.nanoTime() - startNs) / 1e9 + " seconds, "
                    + stolen + " splits stolen, sum " + sums.get());
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM")) {
                System.out.println("peak " + line.replaceAll("[^0-9]", "") + " KiB");
            }
        }
    }

    /** Little at once, for little memory. */
    private static SourceConfig config() {
        SourceConfig defaults = SourceConfig.defaults(0);
        return new SourceConfig(
                null, defaults.label(), null, null, null, List.of(), defaults.listSeparator(), 0, SPLIT_BYTES, 0);
    }

    private static void read(int worker, Splits splits, SplitReader reader, AtomicLong rows, AtomicLong sums)
            throws java.io.IOException {
        for (Split split = splits.claim(worker); split != null; split = splits.claim(worker)) {
            reader.open(split);
            for (SampleBlock block = reader.next(); block != null; block = reader.next()) {
                long sum = 0;
                for (int f = 0; f < block.offset(block.size()); f++) {
                    sum += block.featureId(f) + (long) block.featureValue(f);
                }
                rows.addAndGet(block.size());
                sums.addAndGet(sum);
            }
        }
    }
}
