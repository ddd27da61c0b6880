package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.Door;
import dev.millrace.deploy.embedded.EmbeddedMillrace;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.deploy.embedded.WeightsFrom;
import dev.millrace.load.console.Screen;
import dev.millrace.load.simulate.Demo;
import dev.millrace.load.simulate.DemoOptions;
import dev.millrace.load.simulate.DemoResult;
import dev.millrace.load.simulate.DemoTable;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace demo}. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Starts everything and plays simulated people against it, live.",
        description = {
            "",
            "200 people with hidden, drifting tastes ask for rankings over HTTP and click what they like. The table"
                    + " shows the model getting to know them; the live page shows how fresh and how good it is.",
            ""
        })
final class DemoCommand implements Callable<Integer> {
    private static final Duration JOIN = Duration.ofMinutes(2);

    @Option(
            names = "--for",
            paramLabel = "D",
            description = "Stop after this long, like 60s. Default: run until stopped.")
    @Nullable
    private Duration duration;

    @Option(
            names = "--rate",
            paramLabel = "R",
            defaultValue = "40",
            description = "Rank requests a second. Default: ${DEFAULT-VALUE}.")
    private double rate;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "42",
            description = "Of the world and its people. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "Port of the API and the live page; 0: any free one. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Mixin
    private WeightsOption weights = new WeightsOption();

    @Mixin
    private DataOption data = new DataOption();

    @Override
    public Integer call() throws IOException, InterruptedException, TimeoutException {
        WeightsFrom from = weights.from();
        try (OrderlyStop stop = new OrderlyStop();
                DataOption folder = data) {
            Logs.into(folder.folder());
            System.out.println("Starting Kafka, Flink, the learner and the API in " + folder.folder() + " ...");
            try (EmbeddedMillrace millrace = EmbeddedMillrace.start(
                    folder.folder(),
                    LoadedSpec.shipped("demo"),
                    Door.local(port),
                    0,
                    from,
                    weights.profiles(),
                    Clock.systemUTC())) {
                millrace.awaitJoin(JOIN);
                play(millrace, stop);
            }
        }
        return 0;
    }

    private void play(EmbeddedMillrace millrace, OrderlyStop stop) throws InterruptedException {
        DemoOptions defaults = DemoOptions.of(millrace.baseUri());
        Demo demo = new Demo(
                defaults.withWorld(defaults.users(), defaults.items(), seed)
                        .withLoad(defaults.players(), rate)
                        .withDuration(duration),
                Clock.systemUTC());
        // The players end first, and the result is printed.
        stop.askWith(demo::stop);
        DemoTable table =
                new DemoTable(Screen.on(System.out), millrace.baseUri().toString());
        DemoResult result = demo.run(table);
        table.finish();
        System.out.print(result.text());
    }
}
