package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.RowLayout;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Weights in memory, or the used ones of them, that follow the delta log, kept on disk, mended from snapshots. */
public final class ServingReplica implements WeightServer, AutoCloseable {
    /**
     * @param rows folder of the rows on disk, this replica's own
     * @param snapshots where the model's snapshots are, read when deltas are missing
     * @param shards the only ones that it follows; keys of others have no rows here
     * @param maxHotRows rows in memory; the others are read from disk when a request needs them. {@link #ALL_ROWS}: no
     *     bound, and nothing is ever read from disk for a request
     * @param compact all rows in three fifths of the memory ({@link RowLayout#SERVING_COMPACT}), a little slower; for
     *     {@link #ALL_ROWS} only
     * @param historyBytes memory for rows that were replaced, so that earlier versions can be read; 0: none; for
     *     {@link #ALL_ROWS} only
     */
    public record Config(
            String bootstrapServers,
            Path rows,
            SnapshotPlace snapshots,
            ShardSet shards,
            long maxHotRows,
            boolean compact,
            int historyBytes) {
        /** Every row in memory. */
        public static final long ALL_ROWS = Long.MAX_VALUE;

        public Config {
            if (maxHotRows < 1) {
                throw new IllegalArgumentException("maxHotRows must be at least 1, not " + maxHotRows);
            }
            if (compact && maxHotRows != ALL_ROWS) {
                throw new IllegalArgumentException(
                        "compact is for all rows in memory, not for maxHotRows " + maxHotRows);
            }
        }

        public Config(String bootstrapServers, Path rows, SnapshotPlace snapshots, ShardSet shards) {
            this(bootstrapServers, rows, snapshots, shards, ALL_ROWS, false, 0);
        }

        public Config(String bootstrapServers, Path rows, Path snapshots, ShardSet shards) {
            this(bootstrapServers, rows, SnapshotPlace.folder(snapshots), shards);
        }

        public Config(String bootstrapServers, Path rows, Path snapshots) {
            this(bootstrapServers, rows, snapshots, ShardSet.ALL);
        }

        public Config withMaxHotRows(long rowsInMemory) {
            return new Config(bootstrapServers, rows, snapshots, shards, rowsInMemory, compact, historyBytes);
        }

        public Config withCompactRows(boolean compactRows) {
            return new Config(bootstrapServers, rows, snapshots, shards, maxHotRows, compactRows, historyBytes);
        }

        public Config withHistoryBytes(int bytes) {
            return new Config(bootstrapServers, rows, snapshots, shards, maxHotRows, compact, bytes);
        }
    }

    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final Duration LAST_WAIT = Duration.ofSeconds(30);
    /** A start reads so much of the log again at most, which takes a moment. */
    private static final Duration DISK_BEHIND = Duration.ofSeconds(10);

    private final ModelSpec spec;
    private final VectorPool vectors;
    private final Scorer scorer;
    private final @Nullable Posterior posterior;
    private final ServingRows rows;
    private final WeightReader reader;
    private final @Nullable VersionedWeights past;
    private final DeltaApplier applier;
    private final DeltaFollower follower;
    private final AppliedListeners listeners = new AppliedListeners();

    private ServingReplica(Config config, ModelSpec spec, Clock clock) {
        this.spec = spec;
        vectors = new VectorPool(new Vectorizer(spec));
        int width = spec.rowWidth();
        RowStore store = RowStore.open(config.rows(), width);
        try {
            if (config.maxHotRows() == Config.ALL_ROWS) {
                RowLayout layout = config.compact() ? RowLayout.SERVING_COMPACT : RowLayout.SERVING;
                RowHistory history = config.historyBytes() == 0 ? null : new RowHistory(config.historyBytes(), width);
                OffHeapTable table = new OffHeapTable(layout.withVectors(width - 1, 0), Long.MAX_VALUE);
                VersionedWeights all = new VersionedWeights(new LinearModel(spec), table, history);
                past = all;
                rows = new MemoryRows(all, store, new ServingKeys(spec), DISK_BEHIND, clock);
                reader = all::read;
                scorer = spec.network().isLinear() ? all::score : GatheredScore.scorer(spec, reader);
            } else {
                past = null;
                TieredRows tiered = new TieredRows(store, new ServingKeys(spec), config.maxHotRows(), clock);
                rows = tiered;
                reader = tiered;
                scorer = GatheredScore.scorer(spec, reader);
            }
            posterior = Posterior.orNull(spec, reader);
            applier = new DeltaApplier(spec, rows, config.snapshots(), config.shards(), clock, listeners);
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
        return rows.version();
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
    public StoreStats store() {
        return rows.stats();
    }

    @Override
    public List<ShardParity> parity() {
        return applier.parity();
    }

    @Override
    public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
        return vectors.score(scorer, request, items, scores);
    }

    @Override
    public long draw(RawFeatures request, List<RawFeatures> items, long seed, float[] scores, float[][] draws) {
        Posterior drawn = Posterior.of(posterior);
        return vectors.score((vector, out) -> drawn.score(vector, seed, out, draws), request, items, scores);
    }

    @Override
    public ServedVersion read(long[] keys, int n, float[] to) {
        return reader.read(keys, n, to);
    }

    @Override
    public long readAt(long sequence, long[] keys, int n, float[] to) {
        return past == null ? Long.MAX_VALUE : past.readAt(sequence, keys, n, to);
    }

    /** The rows on disk are closed by the following thread as it ends, so that it never uses them closed. */
    @Override
    public void close() {
        follower.close();
    }
}
