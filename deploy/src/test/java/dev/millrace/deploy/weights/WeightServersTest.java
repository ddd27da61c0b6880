package dev.millrace.deploy.weights;

import dev.millrace.deploy.e2e.Redis;
import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.redis.RedisConfig;
import dev.millrace.ps.redis.RedisWeightServer;
import dev.millrace.ps.remote.RemoteConfig;
import dev.millrace.ps.remote.RemoteWeightServer;
import dev.millrace.ps.remote.ServingShards;
import dev.millrace.ps.serve.ServingReplica;
import dev.millrace.ps.serve.ShardSet;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.wire.Endpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The contract over every backend, on one broker. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WeightServersTest {
    private EmbeddedBroker broker;

    @BeforeAll
    void startBroker(@TempDir Path folder) throws IOException {
        broker = EmbeddedBroker.start(folder);
    }

    @AfterAll
    void stopBroker() {
        broker.close();
    }

    private abstract class OnTheBroker extends WeightServerContract {
        @Override
        String bootstrapServers() {
            return broker.bootstrapServers();
        }
    }

    /** @param parts closed in reverse */
    private record Running(WeightServer weights, List<AutoCloseable> parts) implements WeightServerContract.Backend {
        @Override
        public void close() {
            for (AutoCloseable part : parts.reversed()) {
                try {
                    part.close();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
        }
    }

    @Nested
    class InProcess extends OnTheBroker {
        @Override
        Backend start(ModelSpec spec, Path folder, Path snapshots) {
            var config = new ServingReplica.Config(bootstrapServers(), folder.resolve("rows"), snapshots);
            ServingReplica replica = ServingReplica.start(config, spec, Clock.systemUTC());
            return new Running(replica, List.of(replica));
        }
    }

    /** Each shard in a server of its own. */
    private abstract class OverTheWire extends OnTheBroker {
        abstract Endpoint any(Path folder, int shard);

        @Override
        Backend start(ModelSpec spec, Path folder, Path snapshots) throws IOException {
            List<AutoCloseable> parts = new ArrayList<>();
            List<Endpoint> endpoints = new ArrayList<>();
            for (int shard = 0; shard < Training.SHARDS; shard++) {
                var config = new ServingReplica.Config(
                        bootstrapServers(),
                        folder.resolve("rows-" + shard),
                        SnapshotPlace.folder(snapshots),
                        ShardSet.parse(Integer.toString(shard)));
                ServingShards server =
                        ServingShards.start(config, spec, List.of(any(folder, shard)), Clock.systemUTC());
                parts.add(server);
                endpoints.addAll(server.endpoints());
            }
            String list = endpoints.stream().map(Endpoint::toString).collect(Collectors.joining(","));
            RemoteWeightServer weights = RemoteWeightServer.connect(RemoteConfig.of(list), spec);
            parts.add(weights);
            return new Running(weights, parts);
        }
    }

    @Nested
    class OverTcp extends OverTheWire {
        @Override
        Endpoint any(Path folder, int shard) {
            return Endpoint.tcp("127.0.0.1", 0);
        }
    }

    @Nested
    class OverGrpc extends OverTheWire {
        @Override
        Endpoint any(Path folder, int shard) {
            return Endpoint.grpc("127.0.0.1", 0);
        }
    }

    @Nested
    class InRedis extends OnTheBroker {
        private static @Nullable Redis redis;

        @BeforeAll
        static void startRedis(@TempDir Path folder) throws IOException {
            redis = Redis.start(folder);
        }

        @AfterAll
        static void stopRedis() {
            Redis running = redis;
            if (running != null) {
                running.close();
            }
        }

        @Override
        Backend start(ModelSpec spec, Path folder, Path snapshots) {
            RedisWeightServer weights = RedisWeightServer.bridging(
                    RedisConfig.of(Objects.requireNonNull(redis).uri()),
                    new RedisWeightServer.BridgeConfig(bootstrapServers(), snapshots),
                    spec,
                    Clock.systemUTC());
            return new Running(weights, List.of(weights));
        }
    }
}
