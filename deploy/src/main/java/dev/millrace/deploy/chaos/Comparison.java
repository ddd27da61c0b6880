package dev.millrace.deploy.chaos;

import dev.millrace.ps.table.ParameterTable;
import java.util.List;

/**
 * What comparing the shards at rest has found.
 *
 * @param rows training rows of all shards
 * @param wrongRows whose update count or sum of ids is not the log's, or that one of the two lacks
 * @param wrongWeights that the replica serves otherwise than training's row says
 * @param parity whether the replica's digests say the same
 * @param problem the first difference; empty: none
 * @param tables copies of the shards' rows
 */
record Comparison(
        long rows, long wrongRows, long wrongWeights, boolean parity, String problem, List<ParameterTable> tables) {
    static final Comparison NONE = new Comparison(0, 0, 0, false, "", List.of());

    Comparison {
        tables = List.copyOf(tables);
    }
}
