package dev.millrace.api.canary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CanaryBookTest {
    private static final CanaryConfig CONFIG = CanaryConfig.DEFAULT.withObjective(Duration.ofMillis(500));
    private static final long HOUR_MS = 3_600_000;
    /** Of the alarm that comes with the server. */
    private static final double FAST = 14.4;

    private final CanaryBook book = new CanaryBook(CONFIG);

    @Test
    void theBudgetIsWhatTheTargetAllows() {
        for (int i = 0; i < 1_000; i++) {
            book.cameBack(1_000 + i, i % 200 == 0 ? 900 : 100 + i % 10, Map.of("join", 40L));
        }
        FreshnessObjective.Window hour = book.objective(5_000).hour();
        assertEquals(995, hour.good());
        assertEquals(0.995, hour.goodRatio());
        assertEquals(0.5, Objects.requireNonNull(hour.burnRate()), 1e-9, "half of one in a hundred");
        assertEquals(0.5, Objects.requireNonNull(hour.budgetLeft()), 1e-9);
        assertEquals(105.0, hour.p50());
        assertEquals(109.0, hour.p99());
        assertEquals(Map.of("join", 40L), book.objective(5_000).stages());
    }

    @Test
    void oneThatNeverComesBackIsBadAndHasNoTime() {
        for (int i = 0; i < 98; i++) {
            book.cameBack(1_000, 100, Map.of());
        }
        book.lost(1_000);
        book.lost(1_000);
        FreshnessObjective.Window hour = book.objective(2_000).hour();
        assertEquals(2, hour.lost());
        assertEquals(2.0, Objects.requireNonNull(hour.burnRate()), 1e-9);
        assertEquals(-1.0, Objects.requireNonNull(hour.budgetLeft()), 1e-9);
        assertNull(hour.p99());
        assertEquals(2, book.lost());
    }

    /** As at the start of a replay on a busy machine: a few are late before it runs smoothly. */
    @Test
    void aFewLateOnesAfterTheStartBurnNothingYet() {
        for (int i = 0; i < 60; i++) {
            book.cameBack(i * 1_000L, i < 10 ? 900 : 100, Map.of());
        }
        FreshnessObjective now = book.objective(60_000);
        assertTrue(Objects.requireNonNull(now.hour().burnRate()) > 14.4, "of those that flew, many were late");
        assertTrue(now.burn().fast() < 1, now.toString());
    }

    /** 2 % of the budget of 30 days in an hour: after 8.6 minutes without one that is good. And over soon after. */
    @Test
    void anOutageBurnsWithinNineMinutesAndIsOverSoonAfter() {
        long second = 0;
        for (; second < HOUR_MS / 1_000; second++) {
            book.cameBack(second * 1_000, 100, Map.of());
        }
        long began = second;
        while (book.objective(second * 1_000).burn().fast() <= FAST) {
            book.lost(second++ * 1_000);
        }
        assertEquals(0.144 * 60, (second - began) / 60.0, 0.1, "minutes until it burns");
        long mended = second;
        while (book.objective(second * 1_000).burn().fast() > FAST) {
            book.cameBack(second++ * 1_000, 100, Map.of());
        }
        assertTrue(second - mended < 5 * 60, "the short window has forgotten after " + (second - mended) + " s");
        FreshnessObjective after = book.objective(second * 1_000);
        assertTrue(after.burn().slow() < 6 && after.burn().steady() < 3, after.toString());
        assertTrue(Objects.requireNonNull(after.hour().burnRate()) > 10, "while the hour remembers: " + after);
    }

    @Test
    void anHourForgetsAndADayDoesNot() {
        book.cameBack(1_000, 900, Map.of());
        FreshnessObjective later = book.objective(1_001 + HOUR_MS);
        assertEquals(0, later.hour().canaries());
        assertNull(later.hour().burnRate());
        assertEquals(1, later.day().canaries());
        assertEquals(900L, later.lastMs());
        assertEquals(1, book.late());
    }

    @Test
    void anObjectiveThatMakesNoSenseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> CONFIG.withObjective(Duration.ZERO));
        assertThrows(
                IllegalArgumentException.class,
                () -> new CanaryConfig(true, Duration.ofSeconds(1), Duration.ofSeconds(1), 1, Duration.ofSeconds(9)));
    }
}
