package dev.millrace.load.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import it.unimi.dsi.fastutil.doubles.DoubleArrayList;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QualityTest {
    private record Group(double[] scores, double[] labels) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void agreesWithTheDefinitionsOnRandomData(long seed) {
        List<Group> groups = randomGroups(new Random(seed));
        QualityCollector collector = new QualityCollector();
        groups.forEach(group -> collector.add(group.scores, group.labels));
        Quality quality = collector.quality();

        assertEquals(pairwiseAuc(groups), quality.auc(), 1e-12);
        double[] each = groups.stream()
                .mapToDouble(group -> pairwiseAuc(List.of(group)))
                .filter(auc -> !Double.isNaN(auc))
                .toArray();
        assertTrue(each.length > 5);
        assertEquals(java.util.Arrays.stream(each).average().orElseThrow(), quality.impressionAuc(), 1e-12);

        double loss = 0;
        double p = 0;
        double y = 0;
        int n = 0;
        for (Group group : groups) {
            for (int i = 0; i < group.scores.length; i++) {
                if (!Double.isNaN(group.labels[i])) {
                    double held = Math.max(1e-15, Math.min(1 - 1e-15, group.scores[i]));
                    loss -= group.labels[i] * Math.log(held) + (1 - group.labels[i]) * Math.log(1 - held);
                    p += group.scores[i];
                    y += group.labels[i];
                    n++;
                }
            }
        }
        double base = y / n;
        double entropy = -base * Math.log(base) - (1 - base) * Math.log(1 - base);
        assertEquals(n, quality.items());
        assertEquals((long) y, quality.positives());
        assertEquals(loss / n, quality.logLoss(), 1e-9);
        assertEquals(loss / n / entropy, quality.normalizedEntropy(), 1e-9);
        assertEquals(p / y, quality.calibration(), 1e-12);
    }

    /** Few distinct scores, so that there are many ties; groups of one label; missing labels; 0 and 1 as scores. */
    private static List<Group> randomGroups(Random random) {
        List<Group> groups = new ArrayList<>();
        for (int g = 0; g < 60; g++) {
            int size = 1 + random.nextInt(9);
            double[] scores = new double[size];
            double[] labels = new double[size];
            for (int i = 0; i < size; i++) {
                scores[i] = random.nextInt(12) / 11.0;
                labels[i] = random.nextInt(10) == 0 ? Double.NaN : random.nextInt(4) == 0 ? 1 : 0;
            }
            groups.add(new Group(scores, labels));
        }
        return groups;
    }

    private static double pairwiseAuc(List<Group> groups) {
        double won = 0;
        double pairs = 0;
        for (Group a : groups) {
            for (Group b : groups) {
                for (int i = 0; i < a.scores.length; i++) {
                    for (int j = 0; j < b.scores.length; j++) {
                        if (a.labels[i] == 1 && b.labels[j] == 0) {
                            pairs++;
                            won += a.scores[i] > b.scores[j] ? 1 : a.scores[i] == b.scores[j] ? 0.5 : 0;
                        }
                    }
                }
            }
        }
        return pairs == 0 ? Double.NaN : won / pairs;
    }

    @Test
    void isUndefinedWithoutBothLabels() {
        QualityCollector collector = new QualityCollector();
        assertTrue(Double.isNaN(collector.quality().logLoss()));
        collector.add(new double[] {0.3}, new double[] {0});
        Quality quality = collector.quality();
        assertTrue(Double.isNaN(quality.auc()));
        assertTrue(Double.isNaN(quality.impressionAuc()));
        assertTrue(Double.isNaN(quality.normalizedEntropy()));
        assertTrue(Double.isNaN(quality.calibration()));
        assertEquals(-Math.log(0.7), quality.logLoss(), 1e-12);
    }

    @Test
    void theRunningAucIsWithinItsBins() {
        Random random = new Random(7);
        RunningAuc running = new RunningAuc();
        DoubleArrayList positives = new DoubleArrayList();
        DoubleArrayList negatives = new DoubleArrayList();
        for (int i = 0; i < 20_000; i++) {
            boolean positive = random.nextInt(5) == 0;
            double score = Math.clamp(0.5 + 0.15 * random.nextGaussian() + (positive ? 0.1 : 0), 0.0, 1.0);
            running.add(score, positive);
            (positive ? positives : negatives).add(score);
        }
        assertEquals(Auc.exact(positives, negatives), running.value(), 1e-3);
    }
}
