package dev.millrace.learner.remote.run;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.remote.map.ShardMapLog;
import dev.millrace.learner.remote.shard.KafkaDeltas;
import dev.millrace.learner.remote.shard.RemoteShard;
import dev.millrace.learner.remote.shard.ShardConfig;
import dev.millrace.learner.remote.shard.ShardOwner;
import dev.millrace.learner.remote.shard.ShardRecovery;
import dev.millrace.learner.remote.shard.ShardServer;
import dev.millrace.learner.remote.shard.StoredSnapshots;
import dev.millrace.learner.sync.DeltaTail;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.serve.ShardSet;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.snapshot.SnapshotWriter;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.connect.FlatServer;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that owns training shards: those of the model's that Kafka's group protocol gives it. Each has its own thread;
 * requests come in over the wire, deltas go out to the shard's partition, snapshots to its folder. A shard that is given
 * away is published and snapshotted before the next owner may open it.
 */
public final class TrainingPs implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TrainingPs.class);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Config config;
    private final ModelSpec spec;
    private final Clock clock;
    private final int shards;
    private final ShardServer handler = new ShardServer();
    private final Map<Integer, ShardOwner> owners = new ConcurrentHashMap<>();
    private final SecureRandom incarnations = new SecureRandom();
    private final KafkaDeltas deltas;
    private final ShardMapLog map;
    private final FlatServer server;
    private final Ownership ownership;

    /**
     * @param instance names the process over its restarts
     * @param mayOwn shards that this process may own
     * @param listen where it listens
     * @param advertise what the shard map says instead; empty: the same, with the ports that were bound
     * @param snapshots of the model; a place that every process of the group sees, if shards are to move between them
     * @param keepSnapshots full ones
     */
    public record Config(
            String bootstrapServers,
            String instance,
            ShardSet mayOwn,
            List<Endpoint> listen,
            List<Endpoint> advertise,
            SnapshotPlace snapshots,
            int keepSnapshots,
            ShardConfig shard) {
        public Config {
            listen = List.copyOf(listen);
            advertise = List.copyOf(advertise);
            if (listen.isEmpty()) {
                throw new IllegalArgumentException("a process that owns shards listens somewhere");
            }
            if (keepSnapshots < 1) {
                throw new IllegalArgumentException("keepSnapshots must be at least 1");
            }
        }
    }

    private TrainingPs(Config config, ModelSpec spec, Clock clock, int shards) throws IOException {
        this.config = config;
        this.spec = spec;
        this.clock = clock;
        this.shards = shards;
        this.server = FlatServer.start(config.listen(), handler, FlatShards.OPTIONS);
        this.deltas = new KafkaDeltas(config.bootstrapServers(), spec.model());
        this.map = ShardMapLog.start(config.bootstrapServers(), spec.model());
        this.ownership = Ownership.start(
                config.bootstrapServers(), spec.model(), config.instance(), config.mayOwn(), this::given, this::taken);
    }

    /**
     * Listens and joins the group; returns before it owns anything.
     *
     * @throws IOException when an address cannot be had, Kafka does not answer, or has no such model's topics
     */
    public static TrainingPs start(Config config, ModelSpec spec, Clock clock) throws IOException {
        RemoteModels.check(spec);
        int shards = Shards.count(config.bootstrapServers(), spec.model());
        try {
            config.mayOwn().checkOf(shards);
        } catch (IllegalStateException e) {
            throw new IOException(e.getMessage(), e);
        }
        return new TrainingPs(config, spec, clock, shards);
    }

    // ---- ownership's thread ----

    private void given(int shard, long generation) {
        ShardOwner[] self = new ShardOwner[1];
        ShardOwner owner = new ShardOwner(
                spec.model() + "-" + shard,
                config.shard(),
                () -> open(shard, generation),
                epoch -> publish(shard, self[0], epoch));
        self[0] = owner;
        owners.put(shard, owner);
        owner.start();
    }

    private void taken(int shard, boolean lost) {
        handler.remove(shard);
        ShardOwner owner = owners.remove(shard);
        if (owner != null && lost) {
            owner.abandon();
        } else if (owner != null) {
            owner.close();
        }
    }

    // ---- a shard's thread ----

    private RemoteShard open(int shard, long generation) throws IOException {
        SnapshotStore store = config.snapshots().store(shard, shards, config.keepSnapshots());
        try {
            ShardRecovery.Recovered recovered = recover(store, shard, generation);
            var writer = new SnapshotWriter(
                    store, SnapshotWriter.Config.defaults(), "snapshots-" + spec.model() + "-" + shard);
            return new RemoteShard(
                    recovered,
                    deltas.writer(shard),
                    new StoredSnapshots(store, writer),
                    config.shard(),
                    clock,
                    incarnation());
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private ShardRecovery.Recovered recover(SnapshotStore store, int shard, long generation) throws IOException {
        long startNs = System.nanoTime();
        ShardRecovery recovery;
        try (Snapshot newest = store.newest().orElse(null)) {
            recovery = new ShardRecovery(spec, new ShardState.Id(shard, shards), newest);
        }
        DeltaTail.read(config.bootstrapServers(), spec.model(), shard, recovery.from(), PATIENCE, recovery::published);
        ShardRecovery.Recovered recovered = recovery.finish(generation);
        ShardState state = recovered.state();
        LOG.info(
                "model {}: shard {} of {} is here: epoch {}, sequence {}, {} rows, samples at {}, to publish from {}, {} ms",
                spec.model(),
                shard,
                shards,
                state.epoch(),
                state.sequence(),
                state.table().size(),
                state.offsets(),
                recovered.mustReach(),
                (System.nanoTime() - startNs) / 1_000_000);
        return recovered;
    }

    private long incarnation() {
        long number = incarnations.nextLong();
        return number == 0 ? 1 : number;
    }

    private void publish(int shard, @Nullable ShardOwner owner, long epoch) throws InterruptedException {
        long version = map.publish(shard, endpoints(), epoch);
        if (owner != null && owners.get(shard) == owner) {
            handler.put(shard, owner, version);
        }
    }

    /** Where it listens, as others are told. */
    public List<Endpoint> endpoints() {
        return config.advertise().isEmpty() ? server.endpoints() : config.advertise();
    }

    /** Shards that it owns. */
    public Collection<Integer> owned() {
        return List.copyOf(owners.keySet());
    }

    /** Gives its shards away, published and snapshotted, leaves the group, and ends. */
    @Override
    public void close() {
        ownership.close();
        server.close();
        map.close();
        deltas.close();
    }
}
