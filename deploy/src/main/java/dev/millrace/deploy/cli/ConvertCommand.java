package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.source.BlockConverter;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataFile;
import dev.millrace.ingest.source.DataFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace convert}. */
@Command(
        name = "convert",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Makes columnar compressed block files of rows in files: smaller, and quicker to train from.",
        description = {"", "They hold feature ids of the spec's slots and crosses; the optimizer may change.", ""})
final class ConvertCommand implements Callable<Integer> {
    private static final int SPLIT_BYTES = 1 << 20;
    private static final int LEAST_SPLIT_BYTES = 4 << 10;
    /** So that a part of a small file can be left out (--part). */
    private static final int SPLITS = 256;

    private static final long FILE_BYTES = 256L << 20;

    @Option(names = "--spec", required = true, paramLabel = "FILE", description = "The model spec, a YAML file.")
    private Path spec = Path.of("");

    @Mixin
    private SourceOptions source = new SourceOptions();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder for the block files.")
    private Path out = Path.of("");

    @Option(
            names = "--any-order",
            description = "Each worker has files of its own first. Default: samples stay in the files' order.")
    private boolean anyOrder;

    @Mixin
    private ReportOption report = new ReportOption();

    @Override
    public Integer call() throws Exception {
        LoadedSpec loaded = LoadedSpec.read(spec);
        Files.createDirectories(out);
        Logs.into(out.resolve(".log"));
        List<DataFiles> files = source.files(out.resolve(".scratch"));
        try (OrderlyStop stop = new OrderlyStop()) {
            List<BulkSource> sources =
                    source.sources(files, loaded.spec(), splitBytes(files), System.currentTimeMillis());
            if (sources.size() != 1) {
                throw new IllegalArgumentException(
                        "--data: one place at a time, since each becomes a folder of its own");
            }
            convert(sources.get(0), loaded);
        } finally {
            files.forEach(DataFiles::close);
        }
        return 0;
    }

    private static int splitBytes(List<DataFiles> files) throws IOException {
        long bytes = 0;
        for (DataFiles place : files) {
            for (DataFile file : place.list()) {
                bytes += file.bytes();
            }
        }
        return (int) Math.clamp(bytes / SPLITS, LEAST_SPLIT_BYTES, SPLIT_BYTES);
    }

    private void convert(BulkSource from, LoadedSpec loaded) throws Exception {
        long startNs = System.nanoTime();
        long bytes = from.splits().stream().mapToLong(split -> split.bytes()).sum();
        ProgressBar bar = new ProgressBar(System.err, System.console() != null, startNs);
        var config = new BlockConverter.Config(source.workers(), !anyOrder, FILE_BYTES);
        BlockConverter.Result result = new BlockConverter(from, loaded.spec(), out, config).run(read -> {
            synchronized (bar) {
                long nowNs = System.nanoTime();
                if (bar.isDue(nowNs)) {
                    bar.draw((double) read / bytes, (read >> 20) + " MiB", nowNs);
                }
            }
        });
        bar.end();
        double seconds = (System.nanoTime() - startNs) / 1e9;
        System.out.printf(
                Locale.ROOT,
                "millrace: %d samples in %.2f s; %d bytes of %s, %d of columns, %d compressed, in %d files of %s%n",
                result.samples(),
                seconds,
                bytes,
                from.format(),
                result.rawBytes(),
                result.bytes(),
                result.files(),
                out);
        System.out.printf(
                Locale.ROOT,
                "millrace: a worker reads %.0f samples/s, makes columns and compresses %.0f samples/s%n",
                result.samples() / (result.readNs() / 1e9),
                result.samples() / (result.encodeNs() / 1e9));
        report.write(Map.of("samples", (double) result.samples()), result.samples() + " samples");
        if (from.badRows() > 0) {
            System.out.printf("millrace: %d rows left out, the first of them named in the log%n", from.badRows());
        }
    }
}
