package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rows of a table to and from the memory of a snapshot. O(rows), one copy. */
public final class SnapshotTables {
    private SnapshotTables() {}

    /** A copy of all rows, one after the other. */
    public static MemorySegment copyRows(ParameterTable table) {
        int stride = table.layout().stride();
        MemorySegment rows = Arena.ofAuto().allocate(table.size() * stride, Long.BYTES);
        long[] at = {0};
        table.forEachRow(row -> {
            table.copyRow(row, rows, at[0]);
            at[0] += stride;
        });
        return rows;
    }

    /** A new table with the snapshot's rows. */
    public static ParameterTable restore(Snapshot snapshot, long maxRows) {
        RowLayout layout = snapshot.header().layout();
        long count = snapshot.header().rowCount();
        ParameterTable table = new OffHeapTable(layout, Math.max(maxRows, count));
        MemorySegment rows = snapshot.rows();
        for (long i = 0; i < count; i++) {
            long at = i * layout.stride();
            long row = table.findOrInsert(rows.get(ValueLayout.JAVA_LONG, at + RowLayout.KEY));
            table.setRow(row, rows, at);
        }
        return table;
    }
}
