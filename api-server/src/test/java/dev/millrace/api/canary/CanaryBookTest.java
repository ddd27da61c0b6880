package dev.millrace.api.canary;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class CanaryBookTest {
    private static final CanaryConfig CONFIG = CanaryConfig.DEFAULT.withObjective(Duration.ofMillis(500));
    private static final long HOUR_MS = 3_600_000;

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
