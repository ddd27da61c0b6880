package dev.millrace.deploy.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The top of the command line. */
@Command(
        name = "millrace",
        version = "Millrace 0.1.0",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        header = "A recommender that learns while it serves.",
        description = {
            "",
            "Rank items for a person; what they do next is in the weights that score the next request, within a"
                    + " second. One process runs it all: Kafka, Flink, the learner, the serving weights and the API."
        },
        subcommands = {
            DemoCommand.class,
            ServeCommand.class,
            ApiCommand.class,
            ServingPsCommand.class,
            BrokerCommand.class,
            TrainingPsCommand.class,
            LearnerCommand.class,
            TrainCommand.class,
            ConvertCommand.class,
            ArchiveCommand.class,
            MeasureCommand.class,
            ChainCommand.class,
            JoinClusterCommand.class,
            ReplayCommand.class,
            ValidateCommand.class,
            ModelsCommand.class,
            DeadLettersCommand.class,
            EvaluateCommand.class,
            KeysCommand.class,
            FactorizeCommand.class,
            BenchCommand.class,
            ChaosCommand.class,
            ChaosReplicaCommand.class,
            CommandLine.HelpCommand.class
        },
        footer = {
            "",
            "  warm      Keeps what a JVM learns in a demo, so that later starts are quicker",
            "            (handled by the launcher).",
            "  fuzz      Looks for bytes that break a parser (handled by the launcher).",
            "  test      Runs the whole test suite (handled by the launcher; further arguments go to Maven).",
            "",
            "Try it:      millrace demo --for 60s",
            "Your model:  millrace serve --spec my-model.yml --data my-data"
        })
public final class MillraceCommand {
    private MillraceCommand() {}

    /** @return the process's exit code: 0 done, 1 failed, 2 wrong usage */
    public static int execute(String... args) {
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        return new CommandLine(new MillraceCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(java.time.Duration.class, Durations::parse)
                .setParameterExceptionHandler((e, arguments) -> {
                    err.println("millrace: " + e.getMessage());
                    err.println("See " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help");
                    return CommandLine.ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, command, parsed) -> Failures.report(e, err))
                .execute(args);
    }
}
