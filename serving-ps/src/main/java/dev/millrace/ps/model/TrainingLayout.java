package dev.millrace.ps.model;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.stream.Stream;

/** Which row layout a spec trains with: no more fields than its policies and slots ask for. */
public final class TrainingLayout {
    private TrainingLayout() {}

    /** Counts if rows are audited, ages if some expire, else z and n alone. */
    public static RowLayout of(ModelSpec spec) {
        if (spec.policies().audit()) {
            return RowLayout.TRAINING;
        }
        boolean expires = Stream.concat(
                        spec.slots().stream().map(slot -> slot.life()),
                        spec.crosses().stream().map(cross -> cross.life()))
                .anyMatch(life -> life.expireAfter() != null);
        return expires ? RowLayout.FTRL_AGED : RowLayout.FTRL;
    }

    /**
     * The same rows in the layout of a spec whose policies may have changed since: this table if it has that layout,
     * otherwise a copy. O(rows) then.
     *
     * @param nowS event time in seconds from which rows age that had no time
     * @throws IllegalStateException when the spec asks for counts that these rows never had
     */
    public static ParameterTable convert(ParameterTable table, ModelSpec spec, long nowS) {
        RowLayout from = table.layout();
        RowLayout to = of(spec);
        if (from == to) {
            return table;
        }
        if (to.audited()) {
            throw new IllegalStateException("policies.audit of model " + spec.model()
                    + " cannot be turned on over rows that were learned without it; leave it false, or give the model a"
                    + " new name or a new data folder");
        }
        ParameterTable converted = new OffHeapTable(to, Math.max(spec.policies().maxRows(), table.size()));
        converted.reserve(table.size());
        table.forEachRow(row -> {
            long copy = converted.findOrInsert(table.key(row));
            converted.setFloat(copy, RowLayout.Z, table.getFloat(row, RowLayout.Z));
            converted.setFloat(copy, RowLayout.N, table.getFloat(row, RowLayout.N));
            if (to.aged()) {
                int lastUpdate = from.aged() ? table.getInt(row, from.lastUpdate()) : (int) nowS;
                converted.setInt(copy, to.lastUpdate(), lastUpdate);
            }
        });
        return converted;
    }
}
