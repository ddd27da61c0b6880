package dev.millrace.deploy.cli;

import dev.millrace.deploy.chaos.ChaosReplica;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ps.serve.ServingReplica;
import dev.millrace.ps.serve.ShardSet;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.connect.FlatServer;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code millrace chaos-replica}: a part of {@code chaos}, which starts it. */
@Command(name = "chaos-replica", hidden = true, mixinStandardHelpOptions = true)
final class ChaosReplicaCommand implements Callable<Integer> {
    @Option(names = "--bootstrap-servers", required = true)
    private String bootstrapServers = "";

    @Option(names = "--spec", required = true)
    private Path spec = Path.of("");

    @Option(names = "--snapshots", required = true)
    private Path snapshots = Path.of("");

    @Option(names = "--listen", required = true)
    private String listen = "";

    @Option(names = "--data", required = true)
    private Path data = Path.of("");

    @Override
    public Integer call() throws Exception {
        LoadedSpec loaded = LoadedSpec.read(spec);
        Logs.into(data);
        var config = new ServingReplica.Config(
                bootstrapServers, data.resolve("rows"), SnapshotPlace.folder(snapshots), ShardSet.ALL);
        try (OrderlyStop stop = new OrderlyStop();
                DataLock lock = DataLock.take(data);
                ServingReplica replica = ServingReplica.start(config, loaded.spec(), Clock.systemUTC());
                FlatServer server = FlatServer.start(List.of(Endpoint.parse(listen)), new ChaosReplica(replica))) {
            System.out.println("millrace: replica at " + server.endpoints());
            // Until the stop interrupts.
            new CountDownLatch(1).await();
        }
        return 0;
    }
}
