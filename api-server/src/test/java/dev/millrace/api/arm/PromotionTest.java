package dev.millrace.api.arm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.ArmSpec.Rule;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * 100 runs of 4,000 requests of ten items: tastes of people and items with a bias, a position in which they click, and two
 * models that see the true logit with an error each. The rule looks after every request.
 */
class PromotionTest {
    private static final long SEED = 2_026;
    private static final int RUNS = 100;
    private static final int REQUESTS = 4_000;
    private static final int ITEMS = 10;
    private static final Rule RULE = new Rule(0.05, 2_000);

    /** @param champions error of the champion's logits. @return after how many requests it is promoted; −1: never */
    private static int promoted(long seed, double champions, double challengers) {
        Random random = new Random(seed);
        ArmTally tally = new ArmTally();
        float[] weights = new float[ITEMS];
        Arrays.fill(weights, 1);
        for (int request = 0; request < REQUESTS; request++) {
            float[] champion = new float[ITEMS];
            float[] challenger = new float[ITEMS];
            float[] labels = new float[ITEMS];
            double person = -1.5 + 0.7 * random.nextGaussian();
            // Both models know a person equally badly: errors of one request go together.
            double ofPerson = random.nextGaussian();
            double ofPerson2 = random.nextGaussian();
            for (int i = 0; i < ITEMS; i++) {
                double logit = person + random.nextGaussian();
                labels[i] = random.nextDouble() < sigmoid(logit) ? 1 : 0;
                champion[i] = (float) sigmoid(logit + champions * (ofPerson + random.nextGaussian()));
                challenger[i] = (float) sigmoid(logit + challengers * (ofPerson2 + random.nextGaussian()));
            }
            RequestScore of = RequestScore.of(champion, labels, weights);
            RequestScore its = RequestScore.of(challenger, labels, weights);
            tally.scored(its);
            tally.compared(its, of);
            if (Verdict.of(tally, RULE, 1) == Verdict.BETTER) {
                return request + 1;
            }
        }
        return -1;
    }

    private static double sigmoid(double logit) {
        return 1 / (1 + Math.exp(-logit));
    }

    @Test
    void anEqualChallengerIsPromotedInAtMostFiveOfAHundredRuns() {
        long promoted = IntStream.range(0, RUNS)
                .filter(run -> promoted(SEED + run, 0.5, 0.5) > 0)
                .count();
        assertTrue(promoted <= 5, promoted + " of " + RUNS + ", seed " + SEED);
    }

    @Test
    void aWorseOneNever() {
        for (int run = 0; run < 20; run++) {
            assertEquals(-1, promoted(SEED + run, 0.4, 0.5), "seed " + (SEED + run));
        }
    }

    @Test
    void aBetterOneIsPromotedInEachRun() {
        for (int run = 0; run < RUNS; run++) {
            int after = promoted(SEED + run, 0.5, 0.35);
            assertTrue(after * (long) ITEMS >= RULE.samples(), "not before there are enough, seed " + (SEED + run));
        }
    }
}
