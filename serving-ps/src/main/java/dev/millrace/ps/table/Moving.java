package dev.millrace.ps.table;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Rows between the places that they had and the ones that they get. Belongs to the table's owning thread. */
final class Moving {
    private final int wordsARow;
    private long[] words;
    private boolean[] changed = new boolean[64];
    private boolean[] marked = new boolean[64];
    private int count;

    Moving(RowLayout layout) {
        wordsARow = 1 + Math.ceilDiv(layout.stateBytes(), Long.BYTES);
        words = new long[changed.length * wordsARow];
    }

    /** Takes all rows out of a bucket. */
    void take(OffHeapTable table, long bucket, @Nullable ChangeTracker tracker) {
        if (tracker != null) {
            tracker.beforeChange(bucket);
        }
        boolean isChanged = tracker != null && tracker.isChanged(bucket);
        int before = count;
        for (int way = 0; way < table.layout().ways(); way++) {
            if (count == changed.length) {
                words = Arrays.copyOf(words, 2 * words.length);
                changed = Arrays.copyOf(changed, 2 * count);
                marked = Arrays.copyOf(marked, 2 * count);
            }
            if (table.read(bucket, way, words, count * wordsARow)) {
                changed[count] = isChanged;
                marked[count++] = table.unmark(bucket, way);
            }
        }
        if (count > before) {
            table.clear(bucket);
        }
    }

    /** Puts all of them where they belong now. */
    void putAll(OffHeapTable table, @Nullable ChangeTracker tracker) {
        for (int i = 0; i < count; i++) {
            long row = table.insert(words[i * wordsARow]);
            if (row == ParameterTable.MISSING) {
                throw new IllegalStateException("no room behind the table's last bucket");
            }
            table.write(row, words, i * wordsARow + 1);
            if (tracker != null && changed[i]) {
                tracker.markChanged(table.bucketNumber(row));
            }
            if (marked[i]) {
                table.markAgain(row);
            }
        }
        count = 0;
    }
}
