package dev.millrace.ps.version;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.Cross;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ps.model.ServedRows;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.ParameterTable;
import it.unimi.dsi.fastutil.longs.Long2FloatOpenHashMap;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How the weights that serve differ from one version to another; of a row with a vector, its weight.
 *
 * @param samples that the second has learned beyond the first; below 0: fewer
 * @param added rows that only the second has
 * @param removed rows that only the first has
 * @param changed rows of both with another weight
 * @param distance √Σ(w₂ − w₁)² over all rows, 0 where there is none
 * @param bySlot slot to its share of that, in order of the names
 */
public record VersionDiff(
        long from,
        long to,
        long samples,
        long added,
        long removed,
        long changed,
        double distance,
        Map<String, Part> bySlot) {
    /** Of one slot, cross or layer. */
    public record Part(long rows, double distance, double largest) {}

    /** O(rows), both versions in memory meanwhile. @return empty when the files of one are not there */
    public static Optional<VersionDiff> of(SnapshotPlace place, ModelSpec spec, ModelVersion a, ModelVersion b)
            throws IOException {
        Optional<Long2FloatOpenHashMap> from = weights(place, spec, a.number());
        Optional<Long2FloatOpenHashMap> to = weights(place, spec, b.number());
        if (from.isEmpty() || to.isEmpty()) {
            return Optional.empty();
        }
        Sums sums = new Sums(spec);
        Long2FloatOpenHashMap first = from.get();
        Long2FloatOpenHashMap second = to.get();
        first.long2FloatEntrySet().forEach(row -> {
            long key = row.getLongKey();
            if (second.containsKey(key)) {
                sums.both(key, row.getFloatValue(), second.get(key));
            } else {
                sums.removed++;
                sums.add(key, row.getFloatValue());
            }
        });
        second.long2FloatEntrySet().forEach(row -> {
            if (!first.containsKey(row.getLongKey())) {
                sums.added++;
                sums.add(row.getLongKey(), row.getFloatValue());
            }
        });
        return Optional.of(sums.diff(a, b));
    }

    private static Optional<Long2FloatOpenHashMap> weights(SnapshotPlace place, ModelSpec spec, long number)
            throws IOException {
        try (SnapshotStore store = place.version(number);
                Snapshot snapshot = store.newest().orElse(null)) {
            if (snapshot == null) {
                return Optional.empty();
            }
            ParameterTable table =
                    SnapshotTables.restore(snapshot, spec.policies().maxRows());
            ServedRows rows = new ServedRows(spec);
            Long2FloatOpenHashMap weights = new Long2FloatOpenHashMap((int) Math.min(table.size(), 1 << 28));
            table.forEachRow(row -> rows.serveRowsAgain(table, row, (key, served) -> weights.put(key, served[0])));
            return Optional.of(weights);
        }
    }

    private static final class Sums {
        private final Map<Integer, double[]> bySlot = new HashMap<>();
        private final Map<Integer, String> names = new HashMap<>();
        private long added;
        private long removed;
        private long changed;
        private double squares;

        Sums(ModelSpec spec) {
            for (Slot slot : spec.slots()) {
                names.put(FeatureIds.slot(slot.name()), slot.name());
            }
            for (Cross cross : spec.crosses()) {
                names.put(FeatureIds.slot(cross.name()), cross.name());
            }
        }

        void both(long key, float before, float after) {
            if (before != after) {
                changed++;
                add(key, after - before);
            }
        }

        void add(long key, float difference) {
            double[] part = bySlot.computeIfAbsent(FeatureIds.slotOf(key), slot -> new double[3]);
            part[0]++;
            part[1] += (double) difference * difference;
            part[2] = Math.max(part[2], Math.abs(difference));
            squares += (double) difference * difference;
        }

        VersionDiff diff(ModelVersion a, ModelVersion b) {
            Map<String, Part> parts = new TreeMap<>();
            bySlot.forEach(
                    (slot, part) -> parts.put(name(slot), new Part((long) part[0], Math.sqrt(part[1]), part[2])));
            return new VersionDiff(
                    a.number(),
                    b.number(),
                    b.samples() - a.samples(),
                    added,
                    removed,
                    changed,
                    Math.sqrt(squares),
                    parts);
        }

        private String name(int slot) {
            // Slot 0 has no features: the bias and the layers are there.
            return slot == 0 ? "bias and layers" : names.getOrDefault(slot, "slot " + slot);
        }
    }
}
