package dev.millrace.learner.bus;

import dev.millrace.ps.table.ParameterTable;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Which rows two training tables of one layout have otherwise. O(rows), both tables at rest. */
final class TableDifference {
    private TableDifference() {}

    /** Keys of rows that differ in any byte, or that only one of them has. */
    static long[] keys(ParameterTable a, ParameterTable b) {
        if (!a.layout().equals(b.layout())) {
            throw new IllegalArgumentException("rows of " + a.layout() + " and of " + b.layout());
        }
        LongArrayList keys = new LongArrayList();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment rowOfA = arena.allocate(a.layout().stride(), Long.BYTES);
            MemorySegment rowOfB = arena.allocate(b.layout().stride(), Long.BYTES);
            a.forEachRow(row -> {
                long other = b.find(a.key(row));
                if (other != ParameterTable.MISSING) {
                    a.copyRow(row, rowOfA, 0);
                    b.copyRow(other, rowOfB, 0);
                    if (rowOfA.mismatch(rowOfB) < 0) {
                        return;
                    }
                }
                keys.add(a.key(row));
            });
            b.forEachRow(row -> {
                if (a.find(b.key(row)) == ParameterTable.MISSING) {
                    keys.add(b.key(row));
                }
            });
        }
        return keys.toLongArray();
    }
}
