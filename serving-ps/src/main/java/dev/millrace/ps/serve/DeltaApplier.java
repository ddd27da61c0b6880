package dev.millrace.ps.serve;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.snapshot.SnapshotPlace;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides about each delta and applies the right ones: memory first, then listeners, then, now and then, the disk. What
 * a crash leaves unwritten is read from the log again. While the process lives, memory is what counts: a disk that
 * failed is brought up to it. Belongs to the following thread, which closes it.
 */
final class DeltaApplier implements DeltaSink {
    private static final Logger LOG = LoggerFactory.getLogger(DeltaApplier.class);

    private final ModelSpec spec;
    private final long fingerprint;
    private final ServingRows rows;
    private final ServingSnapshots snapshots;
    private final ShardSet wanted;
    private final Clock clock;
    private final Consumer<ServedVersion> listener;
    /** A shard's offset on the delta topic after its last delta in memory; −1: its beginning. Empty before loading. */
    private long[] next = {};
    /** A shard each; read by any thread. */
    private volatile List<ParityWatch> parity = List.of();

    /**
     * @param snapshots where the model's snapshots are
     * @param wanted shards that there is a log of; the others stay empty
     */
    DeltaApplier(
            ModelSpec spec,
            ServingRows rows,
            SnapshotPlace snapshots,
            ShardSet wanted,
            Clock clock,
            Consumer<ServedVersion> listener) {
        this.spec = spec;
        this.fingerprint = spec.fingerprint();
        this.rows = rows;
        this.snapshots = new ServingSnapshots(spec, snapshots);
        this.wanted = wanted;
        this.clock = clock;
        this.listener = listener;
    }

    /** All rows of all shards in memory, and on disk after each poll. */
    DeltaApplier(
            ModelSpec spec,
            VersionedWeights weights,
            RowStore store,
            SnapshotPlace snapshots,
            Clock clock,
            Consumer<ServedVersion> listener) {
        this(
                spec,
                new MemoryRows(weights, store, new ServingKeys(spec), Duration.ZERO, clock),
                snapshots,
                ShardSet.ALL,
                clock,
                listener);
    }

    /** Loads the rows on disk, or, after a failure in this process, brings them up to what serves. */
    @Override
    public long[] resume(int shards) throws IOException {
        if (next.length != 0 && next.length != shards) {
            throw new IllegalStateException("model " + spec.model() + " had " + next.length + " shards and has now "
                    + shards + ": start the replica again");
        }
        if (next.length == 0 || !rows.restore(state())) {
            load(shards);
        }
        return next.clone();
    }

    private void load(int shards) throws IOException {
        RowStore.State state = rows.stored();
        if (state == null || state.specFingerprint() != fingerprint || state.nextDelta().length != shards) {
            LOG.info(
                    "model {}: no rows on disk of this spec and {} shards; beginning with snapshots, if there are any",
                    spec.model(),
                    shards);
            // A crash may have left rows without a state.
            rows.clear(ServedVersion.before(shards));
            next = new long[shards];
            Arrays.fill(next, -1);
        } else {
            rows.load(state.version());
            next = state.nextDelta().clone();
        }
        List<ParityWatch> watches = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            watches.add(new ParityWatch(spec, shard, shards, clock));
        }
        parity = List.copyOf(watches);
        for (int shard = 0; shard < shards; shard++) {
            if (wanted.contains(shard) && shardVersion(shard).sequence() == 0) {
                // The log's beginning may have expired: it is the last resort, not the first.
                mend(shard);
            }
        }
    }

    private ShardVersion shardVersion(int shard) {
        return rows.version().shards().get(shard);
    }

    private RowStore.State state() {
        return new RowStore.State(rows.version(), fingerprint, next.clone());
    }

    @Override
    public Applied apply(Delta delta, long following) {
        Delta.Header header = delta.header();
        ServedVersion now = rows.version();
        Applied judged = DeltaOrder.judge(fingerprint, now, header);
        if (judged instanceof Applied.Advanced) {
            if (rows.isFull(delta.keys().length)) {
                rows.persist(state());
            }
            rows.apply(delta, now.after(header, clock.millis()));
            next[header.shard()] = following;
            listener.accept(rows.version());
            parity.get(header.shard()).applied(delta, rows.comparable(), shardVersion(header.shard()));
        }
        return judged;
    }

    /** Writes what was applied to disk, and mends rows that differ from training's when it is time to. */
    @Override
    public void persist() {
        rows.persistInTime(state());
        for (int shard = 0; shard < next.length; shard++) {
            if (parity.get(shard).mendIsDue()) {
                mendDifference(shard);
            }
        }
    }

    /** The newest snapshot made since, and the deltas behind it: the version stays, the rows are training's. */
    private void mendDifference(int shard) {
        ParityWatch watch = parity.get(shard);
        try (ServingSnapshots.Serving snapshot = snapshots
                .newerThan(shard, next.length, watch.differsSince() - 1)
                .orElse(null)) {
            List<Delta> behind = snapshot == null
                    ? null
                    : watch.from(
                            snapshot.version().sequence(), shardVersion(shard).sequence());
            if (snapshot == null || behind == null) {
                LOG.info("model {}, shard {}: no snapshot mends its rows yet", spec.model(), shard);
                return;
            }
            replaceShard(shard, snapshot, behind, state(), () -> {});
            watch.replaced(true);
            LOG.info(
                    "model {}, shard {}: rows mended from the snapshot at sequence {}",
                    spec.model(),
                    shard,
                    snapshot.version().sequence());
        } catch (IOException e) {
            // The rows that serve stay as they are until the next try.
            LOG.warn("model {}, shard {}: its snapshots cannot be read", spec.model(), shard, e);
        }
    }

    @Override
    public long mend(int shard) throws IOException {
        ShardVersion last = shardVersion(shard);
        try (ServingSnapshots.Serving newer =
                snapshots.newerThan(shard, next.length, last.sequence()).orElse(null)) {
            return newer == null ? -1 : mend(shard, last, newer);
        }
    }

    private void replaceShard(
            int shard, ServingSnapshots.Serving snapshot, List<Delta> behind, RowStore.State state, Runnable served)
            throws IOException {
        try {
            rows.replaceShard(shard, snapshot, behind, state, served);
        } catch (RuntimeException | Error e) {
            if (rows.isMixed()) {
                LOG.warn("model {}, shard {}: its mend failed; loading the rows on disk", spec.model(), shard);
                load(next.length);
            }
            throw e;
        }
    }

    private long mend(int shard, ShardVersion last, ServingSnapshots.Serving newer) throws IOException {
        long now = clock.millis();
        ServedVersion version = rows.version().with(shard, newer.version().ofEpoch(last.epoch()), now, now);
        long[] after = next.clone();
        after[shard] = newer.next();
        parity.get(shard).replaced(false);
        try {
            replaceShard(
                    shard,
                    newer,
                    List.of(),
                    new RowStore.State(version, fingerprint, after),
                    () -> listener.accept(rows.version()));
        } finally {
            if (shardVersion(shard).equals(version.shards().get(shard))) {
                // It serves, whatever became of the disk.
                next = after;
            }
        }
        LOG.info(
                "model {}, shard {}: mended from the snapshot at sequence {}",
                spec.model(),
                shard,
                newer.version().sequence());
        return next[shard];
    }

    /** What comparing with training has found, a shard each; for any thread. */
    List<ShardParity> parity() {
        return parity.stream()
                .map(ParityWatch::report)
                .filter(report -> wanted.contains(report.shard()))
                .toList();
    }

    @Override
    public void close() {
        try (rows) {
            if (next.length > 0) {
                rows.restore(state());
            }
        } catch (RuntimeException e) {
            LOG.warn("model {}: the disk stays behind; the next start reads on from the log", spec.model(), e);
        }
    }
}
