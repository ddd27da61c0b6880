package dev.millrace.ps.model;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Network;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.stream.Stream;

/** Which row layout a spec trains with: no more fields than its policies and slots ask for. */
public final class TrainingLayout {
    private TrainingLayout() {}

    /** What the policies and slots ask for, with a vector if the model has embeddings. */
    public static RowLayout of(ModelSpec spec) {
        int dim = spec.network().dim();
        return plain(spec).withVectors(dim, dim == 0 ? 0 : optimizerFloats(spec.network()));
    }

    private static int optimizerFloats(Network network) {
        return switch (network.embeddings().rule()) {
            case ADAGRAD -> network.dim();
            case ROWADAGRAD -> 1;
            // Two moments, and the count of updates.
            case ADAM -> 2 * network.dim() + 1;
            case SGD -> 0;
        };
    }

    /** Counts if rows are audited, ages if some expire, else z and n alone. */
    private static RowLayout plain(ModelSpec spec) {
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
        if (from.equals(to)) {
            return table;
        }
        if (to.audited()) {
            throw new IllegalStateException("policies.audit of model " + spec.model()
                    + " cannot be turned on over rows that were learned without it; leave it false, or give the model a"
                    + " new name or a new data folder");
        }
        ParameterTable converted = new OffHeapTable(to, Math.max(spec.policies().maxRows(), table.size()));
        converted.reserve(table.size());
        float[] vectors = new float[to.vectorFloats() + to.optimizerFloats()];
        table.forEachRow(row -> {
            long copy = converted.findOrInsert(table.key(row));
            converted.setFloat(copy, RowLayout.Z, table.getFloat(row, RowLayout.Z));
            converted.setFloat(copy, RowLayout.N, table.getFloat(row, RowLayout.N));
            if (to.vectorFloats() > 0) {
                table.getFloats(row, from.vector(), vectors, 0, vectors.length);
                converted.setFloats(copy, to.vector(), vectors, 0, vectors.length);
            }
            if (to.aged()) {
                int lastUpdate = from.aged() ? table.getInt(row, from.lastUpdate()) : (int) nowS;
                converted.setInt(copy, to.lastUpdate(), lastUpdate);
            }
        });
        return converted;
    }
}
