package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.learner.remote.run.RemoteLearner;
import dev.millrace.learner.remote.worker.Staleness;
import dev.millrace.learner.remote.worker.WorkerConfig;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code millrace learner}. */
@Command(
        name = "learner",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        header = "Learns a model's samples into its training-ps shards, until stopped.",
        description = {
            "",
            "Learners of one model share the partitions of its samples. One that stops or dies is replaced by the others;"
                    + " every sample still counts once.",
            ""
        })
final class LearnerCommand implements Callable<Integer> {
    @Option(
            names = "--bootstrap-servers",
            required = true,
            paramLabel = "HOST:PORT",
            description = "Kafka with the model's topics.")
    private String bootstrapServers = "";

    @Option(names = "--spec", required = true, paramLabel = "FILE", description = "The model spec, a YAML file.")
    private Path spec = Path.of("");

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Folder of this process's own, with its journal.")
    private Path data = Path.of("");

    @Option(
            names = "--staleness",
            paramLabel = "S",
            defaultValue = "bounded:3",
            description = "How many batches the weights of a batch may miss: sync (none), bounded:K, async."
                    + " Default: ${DEFAULT-VALUE}.")
    private String staleness = "bounded:3";

    @Mixin
    private DeviceOption device = new DeviceOption();

    @Override
    public Integer call() throws Exception {
        LoadedSpec loaded = LoadedSpec.read(spec);
        Staleness parsed = Staleness.parse(staleness);
        device.remote(loaded.spec());
        Logs.into(data);
        try (OrderlyStop stop = new OrderlyStop();
                DataLock lock = DataLock.take(data);
                RemoteLearner learner =
                        RemoteLearner.start(config(lock.instance(), parsed), loaded.spec(), Clock.systemUTC())) {
            System.out.println("millrace: "
                    + String.format(
                            Locale.ROOT,
                            "learner of model %s, %s; log in %s",
                            loaded.spec().model(),
                            parsed,
                            data.resolve("millrace.log")));
            // Until the stop interrupts.
            new CountDownLatch(1).await();
        }
        return 0;
    }

    private RemoteLearner.Config config(String instance, Staleness parsed) {
        return new RemoteLearner.Config(bootstrapServers, instance, data.resolve("journal"), WorkerConfig.of(parsed));
    }
}
