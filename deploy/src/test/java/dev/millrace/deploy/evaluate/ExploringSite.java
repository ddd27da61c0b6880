package dev.millrace.deploy.evaluate;

import dev.millrace.api.explore.Explorer;
import dev.millrace.api.explore.Slate;
import dev.millrace.ingest.spec.ModelSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A site whose people's taste is known: the probability of a click is that of the item for one of two kinds of people,
 * times that of the place. The model's scores are wrong, so that best first is not what earns most.
 */
final class ExploringSite {
    static final int CANDIDATES = 6;
    static final int SHOWN = 3;
    private static final double UNCERTAIN = .15;
    private static final double[] LOOKED_AT = {1, .7, .5};
    private static final double[][] LIKED = {{.5, .1, .3, .05, .2, .4}, {.1, .6, .05, .3, .2, .15}};
    private static final double[][] SCORES = {{.3, .2, .35, .1, .1, .25}, {.3, .35, .1, .2, .1, .25}};

    private final Explorer explorer;
    private final SplittableRandom random;
    private final String run;
    private int requests;

    ExploringSite(ModelSpec spec, long seed) {
        explorer = new Explorer(spec);
        random = new SplittableRandom(seed);
        run = "run " + seed + ' ';
    }

    LoggedRequest next() {
        int kind = random.nextInt(LIKED.length);
        int[] best = best(kind);
        int[][] rankings = explorer.draws() == 0 ? new int[][] {best} : drawn(kind);
        Slate slate = explorer.choose(run + requests++, rankings, SHOWN);
        List<LoggedRequest.Place> places = new ArrayList<>();
        for (int i = 0; i < SHOWN; i++) {
            int item = slate.order()[i];
            int bestPlace = 1
                    + IntStream.range(0, CANDIDATES)
                            .filter(p -> best[p] == item)
                            .findFirst()
                            .orElseThrow();
            double reward = random.nextDouble() < LOOKED_AT[i] * LIKED[kind][item] ? 1 : 0;
            places.add(new LoggedRequest.Place(SCORES[kind][item], slate.propensities()[i], bestPlace, reward));
        }
        double mean = IntStream.range(0, CANDIDATES)
                .mapToDouble(i -> SCORES[kind][i])
                .average()
                .orElseThrow();
        List<Double> bestScores =
                IntStream.range(0, SHOWN).mapToObj(i -> SCORES[kind][best[i]]).toList();
        return new LoggedRequest(CANDIDATES, mean, bestScores, places);
    }

    /** By scores that are not known for certain. */
    private int[][] drawn(int kind) {
        int[][] rankings = new int[explorer.draws()][];
        double[] scores = new double[CANDIDATES];
        for (int draw = 0; draw < rankings.length; draw++) {
            for (int item = 0; item < CANDIDATES; item++) {
                scores[item] = SCORES[kind][item] + UNCERTAIN * random.nextGaussian();
            }
            rankings[draw] = best(scores);
        }
        return rankings;
    }

    private static int[] best(int kind) {
        return best(SCORES[kind]);
    }

    private static int[] best(double[] scores) {
        int[] order = new int[scores.length];
        for (int item = 0; item < order.length; item++) {
            int place = item;
            for (; place > 0 && scores[order[place - 1]] < scores[item]; place--) {
                order[place] = order[place - 1];
            }
            order[place] = item;
        }
        return order;
    }

    /** What the policy earns a request in truth. */
    static double value(double epsilon) {
        double value = 0;
        for (int kind = 0; kind < LIKED.length; kind++) {
            double mean = Arrays.stream(LIKED[kind]).average().orElseThrow();
            for (int i = 0; i < SHOWN; i++) {
                double best = LIKED[kind][best(kind)[i]];
                value += LOOKED_AT[i] * (epsilon * mean + (1 - epsilon) * best) / LIKED.length;
            }
        }
        return value;
    }
}
