package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rows of a table to and from the memory of a snapshot. O(rows), one copy. */
public final class SnapshotTables {
    private SnapshotTables() {}

    /** A copy of all rows, one after the other, in memory of its own: the {@link Snapshot} that takes it frees it. */
    public static Snapshot.Rows copyRows(ParameterTable table) {
        int stride = table.layout().stride();
        Snapshot.Rows rows = new Snapshot.Rows(table.size() * stride);
        long[] at = {0};
        table.forEachRow(row -> {
            table.copyRow(row, rows.bytes(), at[0]);
            at[0] += stride;
        });
        return rows;
    }

    /** A new table with the snapshot's rows, which the snapshot keeps too. */
    public static ParameterTable restore(Snapshot snapshot, long maxRows) {
        RowLayout layout = snapshot.header().layout();
        long count = snapshot.header().rowCount();
        ParameterTable table = new OffHeapTable(layout, Math.max(maxRows, count));
        // Once, not by doubling: what doubling leaves behind waits for the collector.
        table.reserve((int) Math.min(count, Integer.MAX_VALUE));
        MemorySegment rows = snapshot.rows().bytes();
        for (long i = 0; i < count; i++) {
            long at = i * layout.stride();
            long row = table.findOrInsert(rows.get(ValueLayout.JAVA_LONG, at + RowLayout.KEY));
            table.setRow(row, rows, at);
        }
        return table;
    }
}
