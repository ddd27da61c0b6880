package dev.millrace.ps.remote;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.serve.PolledState;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ShardVersion;
import dev.millrace.ps.serve.WeightReader;
import dev.millrace.ps.serve.WeightsUnavailable;
import dev.millrace.ps.wire.WireException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads weights from serving-ps processes, one pull to each that has keys of the request, side by side.
 *
 * <p><b>Consistency.</b> Each shard's weights are of exactly one of its versions, which the answer names; shards are
 * independent streams. Processes that stand in for each other may be at different versions, so that a later read may
 * find an earlier one. A process that does not answer, or not in its share of the time, is passed over for another that
 * serves the same shards; where there is none the read fails. Safe for many threads.
 */
public final class RemoteWeights implements WeightReader, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteWeights.class);

    private static final Duration START = Duration.ofSeconds(3);
    private static final Duration LOOK = Duration.ofMillis(200);

    private final String model;
    private final long fingerprint;
    private final ServingKeys keys;
    private final int width;
    private final RemoteConfig config;
    private final List<Peer> peers;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile @Nullable ServingMap map;
    private volatile String missing = "no serving-ps has answered yet";

    private RemoteWeights(RemoteConfig config, ModelSpec spec) {
        model = spec.model();
        fingerprint = spec.fingerprint();
        keys = new ServingKeys(spec);
        width = spec.rowWidth();
        this.config = config;
        peers = config.endpoints().stream().map(e -> new Peer(config, e)).toList();
    }

    /**
     * Asks every process what it serves.
     *
     * @throws IllegalArgumentException when those that answer do not fit together or serve another spec, or when all
     *     answer and a shard is served by none; who does not answer is asked again later
     */
    public static RemoteWeights connect(RemoteConfig config, ModelSpec spec) {
        var weights = new RemoteWeights(config, spec);
        try {
            weights.look(START);
            ServingMap made = ServingMap.of(weights.model, weights.fingerprint, weights.peers);
            if (weights.peers.stream().allMatch(peer -> peer.hello() != null) && !made.isWhole()) {
                throw new IllegalArgumentException(
                        "nobody serves the shards " + made.holes() + " of model " + spec.model());
            }
            return weights;
        } catch (ServingMap.Unfit e) {
            weights.close();
            throw new IllegalArgumentException(e.what, e);
        } catch (RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    /** Asks all again and makes the map anew of what is known after a time. */
    private void look(Duration atMost) {
        CompletableFuture<?>[] looks =
                peers.stream().map(peer -> peer.look(threads)).toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(looks).get(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            LOG.debug("model {}: some serving-ps has not answered in {}", model, atMost, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WeightsUnavailable("interrupted while serving-ps was asked", e);
        }
        String reason = "";
        try {
            ServingMap made = ServingMap.of(model, fingerprint, peers);
            map = made.isWhole() ? made : null;
            if (made.shards() == 0) {
                reason = "no serving-ps answers";
            } else if (!made.isWhole()) {
                reason = "no serving-ps that answers has the shards " + made.holes();
            }
        } catch (ServingMap.Unfit e) {
            map = null;
            reason = "the serving-ps processes do not fit together";
            if (!reason.equals(missing)) {
                LOG.error("model {}: {}", model, e.what);
            }
        }
        missing = reason;
    }

    /** Asks all again, and says what serves; of shards that several serve, what all that are caught up have reached. */
    PolledState.Look state() {
        look(LOOK);
        ServingMap now = whole();
        List<ShardVersion> shards = new ArrayList<>();
        long learnedMs = 0;
        long appliedMs = 0;
        long rows = 0;
        boolean caughtUp = true;
        for (int shard = 0; shard < now.shards(); shard++) {
            ServingMap.Group group = now.groups().get(now.groupOf()[shard]);
            int of = shard;
            PullCodec.Dated dated = reached(group, of)
                    .orElseThrow(() -> new WeightsUnavailable("shard " + of + " is served by nobody just now"));
            shards.add(dated.version());
            learnedMs = Math.max(learnedMs, dated.learnedMs());
            appliedMs = Math.max(appliedMs, dated.appliedMs());
        }
        for (ServingMap.Group group : now.groups()) {
            caughtUp &= group.peers().stream().anyMatch(Peer::isCaughtUp);
            rows += group.peers().stream()
                    .map(Peer::hello)
                    .mapToLong(hello -> hello == null ? 0 : hello.rows())
                    .max()
                    .orElse(0);
        }
        return new PolledState.Look(ServedVersion.of(shards, learnedMs, appliedMs, rows), caughtUp, false);
    }

    private static Optional<PullCodec.Dated> reached(ServingMap.Group group, int shard) {
        boolean some = group.peers().stream().anyMatch(Peer::isCaughtUp);
        return group.peers().stream()
                .filter(peer -> !some || peer.isCaughtUp())
                .map(Peer::hello)
                .filter(java.util.Objects::nonNull)
                .map(hello -> hello.versions().get(shard))
                .filter(java.util.Objects::nonNull)
                .min(Comparator.comparingLong(dated -> dated.version().sequence()));
    }

    private ServingMap whole() {
        ServingMap now = map;
        if (now == null) {
            throw new WeightsUnavailable("model " + model + ": " + missing);
        }
        return now;
    }

    /** @throws WeightsUnavailable when some shard's processes do not answer in time */
    @Override
    public ServedVersion read(long[] wanted, int n, float[] weights) {
        long endNs = System.nanoTime() + config.read().toNanos();
        ServingMap now = whole();
        try {
            return read(now, wanted, n, weights, endNs);
        } catch (Pulls.MapIsOld e) {
            // The one that made the mistake says what is right.
            look(LOOK);
        }
        try {
            return read(whole(), wanted, n, weights, endNs);
        } catch (Pulls.MapIsOld e) {
            throw new WeightsUnavailable("the shards of model " + model + " are moving", e);
        }
    }

    private ServedVersion read(ServingMap at, long[] wanted, int n, float[] weights, long endNs) throws Pulls.MapIsOld {
        Pulls pulls = new Pulls(at, fingerprint, keys, width, wanted, n);
        try {
            Map<Integer, PullCodec.Dated> versions = pulls.gather(endNs);
            pulls.copyTo(weights);
            return version(at, versions);
        } catch (WireException e) {
            throw new WeightsUnavailable("a serving-ps of model " + model + " failed", e);
        }
    }

    private static ServedVersion version(ServingMap at, Map<Integer, PullCodec.Dated> versions) {
        List<ShardVersion> shards = new ArrayList<>(at.shards());
        long learnedMs = 0;
        long appliedMs = 0;
        for (int shard = 0; shard < at.shards(); shard++) {
            PullCodec.Dated dated = versions.get(shard);
            if (dated == null) {
                throw new WeightsUnavailable("a serving-ps left out the version of shard " + shard);
            }
            shards.add(dated.version());
            learnedMs = Math.max(learnedMs, dated.learnedMs());
            appliedMs = Math.max(appliedMs, dated.appliedMs());
        }
        return ServedVersion.of(shards, learnedMs, appliedMs, 0);
    }

    @Override
    public void close() {
        peers.forEach(Peer::close);
        threads.shutdownNow();
    }
}
