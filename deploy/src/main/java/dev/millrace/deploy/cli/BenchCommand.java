package dev.millrace.deploy.cli;

import dev.millrace.deploy.bench.BenchReport;
import dev.millrace.deploy.bench.FactorBench;
import dev.millrace.deploy.bench.JoinBench;
import dev.millrace.deploy.bench.LearnBench;
import dev.millrace.deploy.bench.LoopBench;
import dev.millrace.deploy.bench.NetworkBench;
import dev.millrace.deploy.bench.PsBench;
import dev.millrace.deploy.bench.monitor.MonitorBench;
import dev.millrace.deploy.bench.serve.ServeBench;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

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
            "  ps     The parameter server: updates a second beside a C program, memory, growth, transports,"
                    + " snapshots, deltas. About fifteen minutes, 12 GiB of memory.",
            "  join   The join: impressions a second through Kafka, Flink and Kafka with the profile of where the"
                    + " time goes, action to sample, vectorization. About four minutes.",
            "  learn  Learning from text, from blocks, from the log, beside Vowpal Wabbit; the bulk source beside"
                    + " Apache Spark; MovieLens with --data-sets. About ten minutes.",
            "  factors   Matrix factorization of MovieLens-20M's shape, beside the textbook. About six minutes, 1 GiB.",
            "  networks  Wide & Deep: samples a second a core, and of the pipeline. About a minute.",
            "  serve  Ranking: scoring alone, the whole REST call beside the same server without a model, everything in"
                    + " one process under load, overload, Redis. About fifteen minutes.",
            "  monitor  The page in a real browser while MovieLens is replayed: frame time, first useful paint; what"
                    + " monitoring takes from serving, in turns. About five minutes.",
            "",
            "Exit code 0: every target is met; 1: at least one is not."
        })
final class BenchCommand implements Callable<Integer> {
    /** Where the launcher compiles api-server's benchmarks. */
    private static final String SERVE_BENCHMARKS = "api-server/target/test-classes";

    /** Class path of serving-ps's benchmarks, written by the launcher. */
    private static final String BENCHMARKS = "serving-ps/target/benchmarks.classpath";

    private enum Bench {
        LOOP,
        PS,
        JOIN,
        LEARN,
        FACTORS,
        NETWORKS,
        SERVE,
        MONITOR
    }

    @Parameters(index = "0", paramLabel = "NAME", description = "One of: ${COMPLETION-CANDIDATES}.")
    private Bench bench = Bench.LOOP;

    @Option(
            names = "--data-sets",
            paramLabel = "DIR",
            description = "loop, learn, monitor: folder with movielens-100k and mind-small-sample.")
    @Nullable
    private Path dataSets;

    @Option(
            names = "--parts",
            paramLabel = "P",
            split = ",",
            description = "serve: only these, of ${COMPLETION-CANDIDATES}. Default: all.")
    private Set<ServeBench.Part> parts = EnumSet.allOf(ServeBench.Part.class);

    @Spec
    @Nullable
    private CommandSpec command;

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
                case LOOP -> new LoopBench(Home.folder(), dataSets(), folder.folder()).run();
                case PS -> new PsBench(Home.folder(), Home.folder().resolve(BENCHMARKS), folder.folder()).run();
                case JOIN -> new JoinBench(folder.folder()).run();
                case LEARN ->
                    new LearnBench(
                                    Home.folder(),
                                    folder.folder(),
                                    dataSets == null ? null : dataSets.resolve("movielens-100k"))
                            .run();
                case FACTORS -> new FactorBench(Home.folder(), folder.folder()).run();
                case NETWORKS -> new NetworkBench(folder.folder()).run();
                case SERVE ->
                    new ServeBench(Home.folder(), Home.folder().resolve(SERVE_BENCHMARKS), folder.folder()).run(parts);
                case MONITOR ->
                    new MonitorBench(Home.folder(), dataSets().resolve("movielens-100k"), folder.folder()).run();
            };
            System.out.print(found.text());
            if (report != null) {
                found.write(report);
            }
            return found.ok() ? 0 : 1;
        }
    }

    private Path dataSets() {
        if (dataSets == null) {
            throw new ParameterException(
                    Objects.requireNonNull(command).commandLine(), "Missing required option: '--data-sets=DIR'");
        }
        return dataSets;
    }
}
