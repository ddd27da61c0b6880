package dev.millrace.ps.serve;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.RowSink;
import dev.millrace.ps.model.ServedRows;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.io.IOException;
import java.util.Optional;

/** A model's snapshots as what they serve: rows and version of a shard, for whatever keeps serving weights. */
public final class ServingSnapshots {
    /** {@code -Dmillrace.mend.memory=MiB}. */
    private static final long PART_BYTES = Long.getLong("millrace.mend.memory", 64) << 20;

    private final ModelSpec spec;
    private final SnapshotPlace place;
    private final ServedRows rows;
    private final ServingKeys keys;
    private final long partBytes;

    /** @param place of the model's snapshots */
    public ServingSnapshots(ModelSpec spec, SnapshotPlace place) {
        this(spec, place, PART_BYTES);
    }

    /** @param partBytes memory for rows that are read and do not serve yet */
    ServingSnapshots(ModelSpec spec, SnapshotPlace place, long partBytes) {
        this.spec = spec;
        this.place = place;
        this.partBytes = partBytes;
        keys = new ServingKeys(spec);
        rows = new ServedRows(spec);
    }

    /**
     * One shard at one point of its log, to be closed. Its rows are read from the snapshot part by part, again for each
     * part, so that no table is made of them. Belongs to one thread.
     *
     * @param next offset on its delta partition of the first delta that it does not contain
     */
    public record Serving(
            ShardVersion version, long next, Snapshot snapshot, ServedRows rows, ServingKeys keys, long partBytes)
            implements AutoCloseable {
        /** Takes a part, which is filled again afterwards. */
        interface Parts {
            void part(ServingPart part);
        }

        /** Rows of the training table. */
        long size() {
            return snapshot.header().rowCount();
        }

        /** Every serving row, in no particular order. */
        public void forEachRow(RowSink sink) {
            forEachPart(part -> part.forEach(sink));
        }

        /** @throws IllegalStateException after the last part, when the snapshot has not as many rows as it says */
        void forEachPart(Parts parts) {
            ServingPart part = ServingPart.of(SnapshotTables.peakRows(snapshot), rows.width(), partBytes);
            RowSink taken = (key, row) -> {
                if (part.takes(key)) {
                    part.put(key, row, 0);
                }
            };
            long found = 0;
            for (int number = 0; number < part.parts(); number++) {
                part.begin(number);
                found += replay(part, taken);
                parts.part(part);
            }
            if (found != size()) {
                throw new IllegalStateException("the snapshot at sequence "
                        + snapshot.header().sequence() + " brought " + found + " rows, not " + size());
            }
        }

        /** @return training rows of the part */
        private long replay(ServingPart part, RowSink taken) {
            LongOpenHashSet unserved = new LongOpenHashSet();
            // The scale of a number belongs to another part than its mean, in whose row it is learned.
            SnapshotTables.replay(snapshot, key -> part.takes(key) || rows.isMean(key), new SnapshotTables.Replay() {
                @Override
                public void removed(long key) {
                    unserved.remove(key);
                    rows.goneRows(key, taken);
                }

                @Override
                public void row(ParameterTable one, long row) {
                    long key = one.key(row);
                    rows.serveRowsAgain(one, row, taken);
                    if (part.takes(key) && !part.has(key)) {
                        // A layer's optimizer.
                        unserved.add(key);
                    }
                }
            });
            long scales = java.util.Arrays.stream(keys.scales())
                    .filter(scale -> part.takes(scale) && part.has(scale))
                    .count();
            return part.size() - scales + unserved.size();
        }

        @Override
        public void close() {
            snapshot.close();
        }
    }

    /** The shard's newest whole snapshot of this spec, if it is beyond a sequence, to be closed. */
    public Optional<Serving> newerThan(int shard, int shards, long sequence) throws IOException {
        try (SnapshotStore store = place.store(shard, shards, 1)) {
            Snapshot snapshot = store.newerThan(sequence).orElse(null);
            if (snapshot == null) {
                return Optional.empty();
            }
            Snapshot.Header header = snapshot.header();
            if (header.specFingerprint() != spec.fingerprint() || header.shard() != shard) {
                snapshot.close();
                return Optional.empty();
            }
            try {
                return Optional.of(
                        new Serving(version(snapshot), header.deltaOffset() + 1, snapshot, rows, keys, partBytes));
            } catch (RuntimeException e) {
                snapshot.close();
                throw e;
            }
        }
    }

    private static ShardVersion version(Snapshot snapshot) {
        Snapshot.Header header = snapshot.header();
        long watermark = header.watermarks().values().stream()
                .mapToLong(Long::longValue)
                .min()
                .orElse(0);
        return new ShardVersion(
                header.sequence(),
                0,
                watermark,
                header.sampleOffsets(),
                header.samples(),
                sampleIdSum(snapshot),
                header.duplicateSamples());
    }

    private static long sampleIdSum(Snapshot snapshot) {
        if (!snapshot.header().layout().audited()) {
            long[] sum = snapshot.extras().longs(Extras.SAMPLE_ID_SUM);
            return sum.length == 1 ? sum[0] : 0;
        }
        long[] sum = {0};
        SnapshotTables.replay(snapshot, key -> key == FeatureIds.BIAS, new SnapshotTables.Replay() {
            @Override
            public void removed(long key) {
                if (key == FeatureIds.BIAS) {
                    sum[0] = 0;
                }
            }

            @Override
            public void row(ParameterTable one, long row) {
                sum[0] = one.getLong(row, RowLayout.ID_SUM);
            }
        });
        return sum[0];
    }
}
