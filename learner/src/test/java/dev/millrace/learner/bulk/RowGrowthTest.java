package dev.millrace.learner.bulk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RowGrowthTest {
    @Test
    void roomIsFoundFromTwoPoints() {
        RowGrowth growth = new RowGrowth();
        growth.expect(1_000_000);
        assertEquals(1 << 16, growth.rowsToCome(0, 0));
        growth.rowsToCome(60_000, 20_000);
        // As samples^0.8.
        long rows = Math.round(60_000 * Math.pow(10, 0.8));
        long all = rows + growth.rowsToCome(rows, 200_000);
        assertEquals(60_000 * Math.pow(50, 0.8), all, 0.06 * all);
    }

    @Test
    void withoutAnEndItDoubles() {
        RowGrowth growth = new RowGrowth();
        assertEquals(1 << 16, growth.rowsToCome(10, 5));
        assertEquals(1 << 20, growth.rowsToCome(1 << 20, 1 << 20));
    }

    @Test
    void aGuessHasBounds() {
        RowGrowth growth = new RowGrowth();
        growth.expect(Long.MAX_VALUE);
        assertTrue(growth.rowsToCome(100_000, 1) <= 800_000);
        growth.expect(100);
        assertTrue(growth.rowsToCome(1_000_000, 200) >= 1 << 14);
    }
}
