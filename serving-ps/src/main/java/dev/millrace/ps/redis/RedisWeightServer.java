package dev.millrace.ps.redis;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.serve.DeltaLog;
import dev.millrace.ps.serve.GatheredWeightServer;
import dev.millrace.ps.serve.KafkaDeltaLog;
import dev.millrace.ps.serve.PolledState;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ServingSnapshots;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.snapshot.SnapshotPlace;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Scores with weights in Redis, and, where it is told how, runs the bridge that keeps them. While Redis is away, scoring
 * fails with {@code WeightsUnavailable}, and it goes on by itself when Redis is back.
 */
public final class RedisWeightServer implements WeightServer, AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(50);

    private final RedisLink link;
    private final RedisWeights weights;
    private final @Nullable RedisBridge bridge;
    private final PolledState state;
    private final GatheredWeightServer scorer;

    /**
     * Where a bridge gets its deltas.
     *
     * @param snapshots where the model's snapshots are
     */
    public record BridgeConfig(String bootstrapServers, SnapshotPlace snapshots) {
        public BridgeConfig(String bootstrapServers, Path snapshots) {
            this(bootstrapServers, SnapshotPlace.folder(snapshots));
        }
    }

    private RedisWeightServer(
            RedisConfig config,
            ModelSpec spec,
            @Nullable Supplier<? extends DeltaLog> logs,
            @Nullable SnapshotPlace snapshots,
            Clock clock) {
        link = new RedisLink(config);
        weights = new RedisWeights(spec, config, link);
        state = new PolledState(spec.model(), this::look, LOOK);
        scorer = new GatheredWeightServer(spec, weights, state);
        bridge = logs == null || snapshots == null
                ? null
                : new RedisBridge(spec, config, link, logs, new ServingSnapshots(spec, snapshots), clock, state::heard);
    }

    /** Reads what another process's bridge writes. */
    public static RedisWeightServer reading(RedisConfig config, ModelSpec spec, Clock clock) {
        return new RedisWeightServer(config, spec, null, null, clock);
    }

    /** Reads, and writes when no other bridge does. */
    public static RedisWeightServer bridging(RedisConfig config, BridgeConfig from, ModelSpec spec, Clock clock) {
        return bridging(
                config, () -> new KafkaDeltaLog(from.bootstrapServers(), spec.model()), from.snapshots(), spec, clock);
    }

    static RedisWeightServer bridging(
            RedisConfig config,
            Supplier<? extends DeltaLog> logs,
            SnapshotPlace snapshots,
            ModelSpec spec,
            Clock clock) {
        var server = new RedisWeightServer(config, spec, logs, snapshots, clock);
        if (server.bridge != null) {
            server.bridge.start();
        }
        return server;
    }

    private PolledState.Look look() {
        RedisWeights.State now = weights.state();
        return new PolledState.Look(now.version(), now.caughtUp(), writes());
    }

    /** Whether the bridge here is the one that writes. */
    public boolean writes() {
        return bridge != null && bridge.writes();
    }

    @Override
    public ModelSpec spec() {
        return scorer.spec();
    }

    @Override
    public ServedVersion version() {
        return state.version();
    }

    @Override
    public boolean caughtUp() {
        return state.caughtUp();
    }

    @Override
    public void onApplied(Consumer<ServedVersion> listener) {
        state.onApplied(listener);
    }

    @Override
    public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
        return scorer.score(request, items, scores);
    }

    @Override
    public long draw(RawFeatures request, List<RawFeatures> items, long seed, float[] scores, float[][] draws) {
        return scorer.draw(request, items, seed, scores, draws);
    }

    @Override
    public ServedVersion read(long[] keys, int n, float[] to) {
        return weights.read(keys, n, to);
    }

    /** What is applied to Redis stays there. */
    @Override
    public void close() {
        if (bridge != null) {
            bridge.close();
        }
        state.close();
        link.close();
    }
}
