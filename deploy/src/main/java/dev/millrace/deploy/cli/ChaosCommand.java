package dev.millrace.deploy.cli;

import dev.millrace.deploy.chaos.ChaosPs;
import dev.millrace.deploy.chaos.ChaosReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code millrace chaos}. */
@Command(
        name = "chaos",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Kills processes on purpose, and counts afterwards.",
        description = {
            "",
            "  ps     remote training: learners, three training shards, a serving replica and Kafka, each a process. A round"
                    + " kills (-9) each of them once, at a random moment while samples flow; then every row's update count"
                    + " and sum of sample ids must be what the samples' log says, and serving what training says.",
            "",
            "Exit code 0: everything agreed; 1: something did not."
        })
final class ChaosCommand implements Callable<Integer> {
    private enum Chaos {
        PS
    }

    @Parameters(index = "0", paramLabel = "NAME", description = "One of: ${COMPLETION-CANDIDATES}.")
    private Chaos chaos = Chaos.PS;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "20", description = "Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--learners",
            paramLabel = "N",
            defaultValue = "2",
            description = "With one, the weights' bits are compared too. Default: ${DEFAULT-VALUE}.")
    private int learners;

    @Option(names = "--network", description = "The model has embeddings and layers; default: it is linear.")
    private boolean network;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "Of the samples, the order and the moments. Default: another one each time.")
    @Nullable
    private Long seed;

    @Option(names = "--report", paramLabel = "F", description = "Write what was found to this file, as JSON.")
    @Nullable
    private Path report;

    @Mixin
    private DataOption data = new DataOption();

    @Override
    public Integer call() throws Exception {
        if (rounds < 1 || learners < 1) {
            throw new IllegalArgumentException("at least one round and one learner");
        }
        long chosen = seed == null ? System.nanoTime() & 0xFFFF_FFFFL : seed;
        try (OrderlyStop stop = new OrderlyStop();
                DataOption folder = data) {
            Files.createDirectories(folder.folder());
            Logs.into(folder.folder());
            System.out.println("millrace: seed " + chosen + ", in " + folder.folder());
            ChaosReport found = run(folder.folder(), chosen);
            System.out.print(found.text());
            if (report != null) {
                Files.writeString(report, found.json());
            }
            return found.ok() ? 0 : 1;
        }
    }

    private ChaosReport run(Path dir, long chosen) throws IOException, InterruptedException {
        Path launcher = Home.folder().resolve("deploy").resolve("millrace");
        return switch (chaos) {
            case PS ->
                ChaosPs.run(
                        new ChaosPs.Config(launcher, dir, learners, rounds, chosen, network),
                        line -> System.out.println("millrace: " + line));
        };
    }
}
