package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.snapshot.SnapshotPlace;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Weights in memory that follow the delta log, kept on disk over a restart, mended from snapshots. */
public final class ServingReplica implements WeightServer, WeightReader, AutoCloseable {
    /**
     * @param rows folder of the rows on disk, this replica's own
     * @param snapshots where the model's snapshots are, read when deltas are missing
     * @param shards the only ones that it follows; keys of others have no rows here
     */
    public record Config(String bootstrapServers, Path rows, SnapshotPlace snapshots, ShardSet shards) {
        public Config(String bootstrapServers, Path rows, Path snapshots, ShardSet shards) {
            this(bootstrapServers, rows, SnapshotPlace.folder(snapshots), shards);
        }

        public Config(String bootstrapServers, Path rows, Path snapshots) {
            this(bootstrapServers, rows, snapshots, ShardSet.ALL);
        }
    }

    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final Duration LAST_WAIT = Duration.ofSeconds(30);

    private final ModelSpec spec;
    private final Vectorizer vectorizer;
    private final VersionedWeights weights;
    private final DeltaApplier applier;
    private final DeltaFollower follower;
    private final AppliedListeners listeners = new AppliedListeners();

    private ServingReplica(Config config, ModelSpec spec, Clock clock) {
        this.spec = spec;
        vectorizer = new Vectorizer(spec);
        weights = new VersionedWeights(new LinearModel(spec));
        RowStore store = RowStore.open(config.rows());
        try {
            applier = new DeltaApplier(spec, weights, store, config.snapshots(), config.shards(), clock, listeners);
            follower = new DeltaFollower(
                    spec.model(),
                    () -> new KafkaDeltaLog(config.bootstrapServers(), spec.model(), config.shards()),
                    applier,
                    new Backoff(FIRST_WAIT, LAST_WAIT));
        } catch (RuntimeException | Error e) {
            store.close();
            throw e;
        }
    }

    /**
     * Loads what is on disk, then follows the log on a thread of its own.
     *
     * @throws RuntimeException when the rows cannot be opened, or the address of Kafka is none
     */
    public static ServingReplica start(Config config, ModelSpec spec, Clock clock) {
        var replica = new ServingReplica(config, spec, clock);
        replica.follower.start();
        return replica;
    }

    @Override
    public ModelSpec spec() {
        return spec;
    }

    @Override
    public ServedVersion version() {
        return weights.version();
    }

    @Override
    public boolean caughtUp() {
        return follower.caughtUp();
    }

    @Override
    public void onApplied(Consumer<ServedVersion> listener) {
        listeners.add(listener);
    }

    @Override
    public List<ShardParity> parity() {
        return applier.parity();
    }

    @Override
    public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
        return weights.score(RequestVector.of(vectorizer, request, items), scores);
    }

    @Override
    public ServedVersion read(long[] keys, int n, float[] to) {
        return weights.read(keys, n, to);
    }

    /** The rows on disk are closed by the following thread as it ends, so that it never uses them closed. */
    @Override
    public void close() {
        follower.close();
    }
}
