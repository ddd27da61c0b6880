package dev.millrace.ps.table;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Rows between the places that they had and the ones that they get. Belongs to the table's owning thread. */
final class Moving {
    private final int stride;
    private MemorySegment rows;
    private boolean[] changed = new boolean[64];
    private int count;

    Moving(int stride) {
        this.stride = stride;
        rows = allocate(changed.length);
    }

    private MemorySegment allocate(int capacity) {
        return Arena.ofAuto().allocate((long) capacity * stride, Long.BYTES);
    }

    /** Takes all rows out of a bucket. */
    void take(OffHeapTable table, long bucket, @Nullable ChangeTracker tracker) {
        if (tracker != null) {
            tracker.beforeChange(bucket);
        }
        boolean isChanged = tracker != null && tracker.isChanged(bucket);
        table.forEachRowOf(bucket, row -> take(table, row, isChanged));
        table.clear(bucket);
    }

    private void take(OffHeapTable table, long row, boolean isChanged) {
        if (count == changed.length) {
            MemorySegment more = allocate(2 * count);
            MemorySegment.copy(rows, 0, more, 0, (long) count * stride);
            rows = more;
            changed = Arrays.copyOf(changed, 2 * count);
        }
        table.copyRow(row, rows, (long) count * stride);
        changed[count++] = isChanged;
    }

    /** Puts all of them where they belong now. */
    void putAll(OffHeapTable table, @Nullable ChangeTracker tracker) {
        for (int i = 0; i < count; i++) {
            long at = (long) i * stride;
            long row = table.insert(rows.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
            if (row == ParameterTable.MISSING) {
                throw new IllegalStateException("no room behind the table's last bucket");
            }
            table.setRow(row, rows, at);
            if (tracker != null && changed[i]) {
                tracker.markChanged(table.bucketNumber(row));
            }
        }
        count = 0;
    }
}
