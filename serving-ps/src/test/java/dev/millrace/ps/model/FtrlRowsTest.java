package dev.millrace.ps.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import org.junit.jupiter.api.Test;

class FtrlRowsTest {
    private static float scale(int updates, float m2) {
        ParameterTable table = new OffHeapTable(RowLayout.TRAINING, 10);
        long row = table.findOrInsert(1);
        table.setInt(row, RowLayout.UPDATES, updates);
        table.setFloat(row, RowLayout.N, m2);
        return FtrlRows.scale(table, row);
    }

    @Test
    void aNumberHasNoEffectBeforeItVaries() {
        assertEquals(0f, scale(0, 1f));
        assertEquals(0f, scale(1, 1f));
        assertEquals(0f, scale(100, 0f));
        assertEquals(5f, scale(100, 4f));
    }

    /** The sum of squared deviations stands for at most a window of samples. */
    @Test
    void theScaleCountsNoMoreThanTheWindow() {
        assertEquals(FtrlRows.WINDOW - 1, FtrlRows.observed(FtrlRows.WINDOW - 1));
        assertEquals(FtrlRows.WINDOW, FtrlRows.observed(FtrlRows.WINDOW));
        assertEquals(1f, scale(FtrlRows.WINDOW, FtrlRows.WINDOW));
        assertEquals(1f, scale(10 * FtrlRows.WINDOW, FtrlRows.WINDOW));
    }

    @Test
    void countsBeyondTwoBillionAreUnsigned() {
        assertEquals(FtrlRows.WINDOW, FtrlRows.observed(Integer.MAX_VALUE + 1));
        assertEquals(0.5f, scale(-1, 4f * FtrlRows.WINDOW));
    }
}
