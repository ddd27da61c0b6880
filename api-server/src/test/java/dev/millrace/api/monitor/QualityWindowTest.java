package dev.millrace.api.monitor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.api.monitor.quality.Quality;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class QualityWindowTest {
    private final QualityWindow window = new QualityWindow(60_000);

    @Test
    void theFormulasAreThoseOfTheBook() {
        float[] scores = {0.9f, 0.2f, 0.4f, 0.6f};
        float[] labels = {1, 0, 0, 1};
        for (int i = 0; i < scores.length; i++) {
            int at = i;
            window.update(1_000, s -> s.add(scores[at], labels[at], 1));
        }
        Quality quality = window.total();
        double logLoss = -(Math.log(0.9) + Math.log(0.8) + Math.log(0.6) + Math.log(0.6)) / 4;
        assertEquals(logLoss, value(quality.logLoss()), 1e-6);
        assertEquals(logLoss / Math.log(2), value(quality.normalizedEntropy()), 1e-6);
        assertEquals(2.1 / 2, value(quality.calibration()), 1e-6);
        assertEquals(1.0, value(quality.auc()), 1e-9);
        assertEquals(4, quality.samples());
        assertEquals(2, quality.positives());
    }

    @Test
    void scoresOfZeroAndOneCostMuchButNotInfinitely() {
        window.update(0, s -> s.add(1f, 0f, 1));
        window.update(0, s -> s.add(0f, 1f, 1));
        assertEquals(-Math.log(1e-7), value(window.total().logLoss()), 1e-6);
    }

    @Test
    void nothingIsNullNotANumber() {
        Quality quality = window.recent(5_000);
        assertNull(quality.logLoss());
        assertNull(quality.auc());
        assertNull(quality.calibration());
        assertNull(quality.impressionAuc());
        assertEquals(0, quality.samples());
    }

    @Test
    void theWindowForgetsAndTheTotalDoesNot() {
        for (int second = 0; second < 300; second++) {
            long nowMs = second * 1000L;
            window.update(nowMs, s -> s.add(0.5f, 1f, 1));
        }
        assertEquals(300, window.total().samples());
        assertEquals(60, window.recent(299_000).samples());
        assertEquals(0, window.recent(400_000).samples());
    }

    @Test
    void aSampleKeptWithHalfAChanceStandsForTwo() {
        window.update(0, s -> s.add(0.5f, 1f, 1));
        window.update(0, s -> s.add(0.5f, 0f, 2));
        assertEquals(1.5, value(window.total().calibration()), 1e-9);
    }

    private static double value(@Nullable Double number) {
        return number == null ? Double.NaN : number;
    }
}
