package dev.millrace.deploy.cli;

import dev.millrace.deploy.bench.BenchReport;
import dev.millrace.deploy.bench.LoopBench;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace bench}. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Measures Millrace against its targets.",
        description = {
            "",
            "  loop   MovieLens 100K and the MIND sample, whole, through the public API: served quality, exactness,"
                    + " freshness, start-up. About six minutes.",
            "",
            "Exit code 0: every target is met; 1: at least one is not."
        })
final class BenchCommand implements Callable<Integer> {
    private enum Bench {
        LOOP
    }

    @Parameters(index = "0", paramLabel = "NAME", description = "One of: ${COMPLETION-CANDIDATES}.")
    private Bench bench = Bench.LOOP;

    @Option(
            names = "--data-sets",
            required = true,
            paramLabel = "DIR",
            description = "Folder with movielens-100k and mind-small-sample.")
    private Path dataSets = Path.of("");

    @Option(names = "--report", paramLabel = "F", description = "Write the figures to this file, as JSON.")
    @Nullable
    private Path report;

    @Mixin
    private DataOption data = new DataOption();

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (OrderlyStop stop = new OrderlyStop();
                DataOption folder = data) {
            Logs.into(folder.folder());
            BenchReport found = switch (bench) {
                case LOOP -> new LoopBench(Home.folder(), dataSets, folder.folder()).run();
            };
            System.out.print(found.text());
            if (report != null) {
                found.write(report);
            }
            return found.ok() ? 0 : 1;
        }
    }
}
