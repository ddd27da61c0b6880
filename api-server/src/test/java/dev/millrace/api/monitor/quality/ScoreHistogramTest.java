package dev.millrace.api.monitor.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import it.unimi.dsi.fastutil.floats.FloatArrayList;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ScoreHistogramTest {
    @Test
    void aucIsWithinItsStatedErrorOfTheExactOne() {
        Random random = new Random(11);
        for (int round = 0; round < 30; round++) {
            double center = random.nextGaussian() * 3;
            double spread = 0.01 + random.nextDouble() * 2;
            ScoreHistogram histogram = new ScoreHistogram();
            FloatArrayList positives = new FloatArrayList();
            FloatArrayList negatives = new FloatArrayList();
            for (int i = 0; i < 2_000; i++) {
                boolean positive = random.nextInt(5) == 0;
                double logit = center + spread * (random.nextGaussian() + (positive ? 0.5 : 0));
                float score = (float) (1 / (1 + Math.exp(-logit)));
                histogram.add(score, positive, 1);
                (positive ? positives : negatives).add(score);
            }
            double exact = ImpressionGroups.auc(positives, negatives);
            assertTrue(
                    Math.abs(histogram.auc() - exact) <= histogram.aucError() + 1e-9,
                    histogram.auc() + " vs " + exact + " ± " + histogram.aucError());
        }
    }

    @Test
    void errorIsSmallForSpreadScores() {
        Random random = new Random(12);
        ScoreHistogram histogram = new ScoreHistogram();
        for (int i = 0; i < 20_000; i++) {
            histogram.add(1 / (1 + Math.exp(-random.nextGaussian())), random.nextBoolean(), 1);
        }
        assertTrue(histogram.aucError() < 0.001, "error " + histogram.aucError());
    }

    @Test
    void mergedHistogramsSayWhatOneWouldHaveSaid() {
        Random random = new Random(13);
        ScoreHistogram one = new ScoreHistogram();
        ScoreHistogram left = new ScoreHistogram();
        ScoreHistogram right = new ScoreHistogram();
        for (int i = 0; i < 1_000; i++) {
            double score = random.nextDouble();
            boolean positive = random.nextDouble() < score;
            one.add(score, positive, 2);
            (i % 3 == 0 ? left : right).add(score, positive, 2);
        }
        left.merge(right);
        assertEquals(one.auc(), left.auc(), 1e-12);
    }

    @Test
    void oneLabelAloneHasNoAuc() {
        ScoreHistogram histogram = new ScoreHistogram();
        histogram.add(0.5, true, 1);
        assertTrue(Double.isNaN(histogram.auc()));
        histogram.add(0.5, false, 1);
        assertEquals(0.5, histogram.auc());
    }
}
