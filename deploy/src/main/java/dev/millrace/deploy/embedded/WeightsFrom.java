package dev.millrace.deploy.embedded;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.redis.RedisConfig;
import dev.millrace.ps.redis.RedisWeightServer;
import dev.millrace.ps.remote.RemoteConfig;
import dev.millrace.ps.remote.RemoteWeightServer;
import dev.millrace.ps.serve.ServingReplica;
import dev.millrace.ps.serve.ShardSet;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.snapshot.SnapshotPlace;
import java.nio.file.Path;
import java.time.Clock;

/** Where the API gets its weights from. */
public sealed interface WeightsFrom {
    /** A serving replica beside the API. */
    record ThisProcess(long maxHotRows, boolean compact) implements WeightsFrom {}

    /** Redis, into which a bridge beside the API writes. */
    record Redis(RedisConfig config) implements WeightsFrom {}

    /** Processes of {@code millrace serving-ps}. */
    record ServingPs(RemoteConfig config) implements WeightsFrom {}

    WeightsFrom HERE = new ThisProcess(ServingReplica.Config.ALL_ROWS, false);

    /**
     * @param text {@code in-process}, {@code redis://host:port[,host:port]}, or endpoints of serving-ps as
     *     {@code tcp://a:1,grpc://b:2,unix:/path,shm:/path}
     * @throws IllegalArgumentException when it is none of them
     */
    static WeightsFrom parse(String text) {
        if (text.equals("in-process")) {
            return HERE;
        }
        if (text.startsWith("redis:") || text.startsWith("rediss:")) {
            return new Redis(RedisConfig.of(text));
        }
        return new ServingPs(RemoteConfig.of(text));
    }

    /** For "why did this score change": about a million replaced rows of a linear model. */
    int HISTORY_BYTES = 16 << 20;

    /** What scores and is closed. */
    record Started(WeightServer weights, AutoCloseable part) {}

    /** @throws IllegalArgumentException when serving-ps processes answer that do not fit the model or each other */
    default Started start(String bootstrapServers, Path rows, SnapshotPlace snapshots, ModelSpec spec, Clock clock) {
        return switch (this) {
            case ThisProcess here -> {
                var config = new ServingReplica.Config(bootstrapServers, rows, snapshots, ShardSet.ALL)
                        .withMaxHotRows(here.maxHotRows())
                        .withCompactRows(here.compact())
                        .withHistoryBytes(here.maxHotRows() == ServingReplica.Config.ALL_ROWS ? HISTORY_BYTES : 0);
                ServingReplica replica = ServingReplica.start(config, spec, clock);
                yield new Started(replica, replica);
            }
            case Redis redis -> {
                var bridge = new RedisWeightServer.BridgeConfig(bootstrapServers, snapshots);
                RedisWeightServer server = RedisWeightServer.bridging(redis.config(), bridge, spec, clock);
                yield new Started(server, server);
            }
            case ServingPs ps -> {
                RemoteWeightServer server = RemoteWeightServer.connect(ps.config(), spec);
                yield new Started(server, server);
            }
        };
    }
}
