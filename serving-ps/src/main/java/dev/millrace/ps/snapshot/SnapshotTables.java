package dev.millrace.ps.snapshot;

import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongPredicate;

/** Rows of a table to and from a snapshot. O(rows). */
public final class SnapshotTables {
    private SnapshotTables() {}

    /** A copy of all rows, one after the other, in memory of its own: the {@link Snapshot} that takes it frees it. */
    public static Snapshot.Rows copyRows(ParameterTable table) {
        int stride = table.layout().stride();
        Snapshot.Rows rows = new Snapshot.Rows(table.layout(), table.size());
        long[] at = {0};
        table.forEachRow(row -> {
            table.copyRow(row, rows.bytes(), at[0]);
            at[0] += stride;
        });
        return rows;
    }

    /**
     * A new table with the snapshot's rows, which the snapshot keeps too. Read and verified on several threads, inserted
     * on this one.
     *
     * @throws UncheckedIOException when its files, which were whole when it was opened, no longer are
     */
    public static ParameterTable restore(Snapshot snapshot, long maxRows) {
        RowLayout layout = snapshot.header().layout();
        ParameterTable table = new OffHeapTable(layout, Math.max(maxRows, Math.max(1, snapshot.peakRows())));
        // Once, not by growing.
        table.reserve((int) Math.min(snapshot.peakRows(), Integer.MAX_VALUE));
        try {
            for (RowPart part : snapshot.parts()) {
                for (long key : part.removed()) {
                    table.remove(key);
                }
                ParallelReader.forEach(part, rows -> insert(table, rows, layout.stride()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (table.size() != snapshot.header().rowCount()) {
            throw new IllegalStateException("the snapshot at sequence "
                    + snapshot.header().sequence() + " brought " + table.size() + " rows, not "
                    + snapshot.header().rowCount());
        }
        return table;
    }

    /** Takes a snapshot's rows in their order: what came later stands. */
    public interface Replay {
        /** The row of this key is gone. */
        void removed(long key);

        /** @param row of a table that holds this row alone, until this returns */
        void row(ParameterTable one, long row);
    }

    /**
     * Tells the rows of a snapshot without making a table of them: each as it was in the full member and in every
     * increment that has it, the last one being what it is. Read and verified on several threads, told on this one.
     *
     * @param wanted keys of the rows to tell; all removed ones are told
     * @throws UncheckedIOException when its files, which were whole when it was opened, no longer are
     */
    public static void replay(Snapshot snapshot, LongPredicate wanted, Replay to) {
        RowLayout layout = snapshot.header().layout();
        ParameterTable one = new OffHeapTable(layout, 1);
        try {
            for (RowPart part : snapshot.parts()) {
                for (long key : part.removed()) {
                    to.removed(key);
                }
                ParallelReader.forEach(part, rows -> {
                    for (long at = 0; at < rows.byteSize(); at += layout.stride()) {
                        long key = rows.get(ValueLayout.JAVA_LONG_UNALIGNED, at + RowLayout.KEY);
                        if (wanted.test(key)) {
                            long row = one.findOrInsert(key);
                            one.setRow(row, rows, at);
                            to.row(one, row);
                            one.remove(key);
                        }
                    }
                });
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Most rows that the table had at the end of any member. */
    public static long peakRows(Snapshot snapshot) {
        return snapshot.peakRows();
    }

    private static void insert(ParameterTable table, MemorySegment rows, int stride) {
        for (long at = 0; at < rows.byteSize(); at += stride) {
            long row = table.findOrInsert(rows.get(ValueLayout.JAVA_LONG_UNALIGNED, at + RowLayout.KEY));
            table.setRow(row, rows, at);
        }
    }
}
