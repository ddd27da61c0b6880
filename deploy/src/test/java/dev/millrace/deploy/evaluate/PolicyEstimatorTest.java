package dev.millrace.deploy.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.explore.Explorer;
import dev.millrace.api.explore.Slate;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyEstimatorTest {
    private static final int SITES = 200;
    private static final int REQUESTS = 2_000;
    /** Of 200 intervals of 95 %, fewer than that many cover the truth once in 10,000 times. */
    private static final int LEAST_COVERING = 177;

    private static ModelSpec spec(String explore) {
        return SpecReader.parse("site", """
                model: site
                objective: logistic
                labels: {click: 1}
                rewardWindow: 1s
                slots: {item: {type: category, from: item.id}}
                explore: %s
                """.formatted(explore));
    }

    /** Of 200 sites, each with its seed, the intervals cover the truth as often as they say; the naive mean's do not. */
    @ParameterizedTest
    @CsvSource({
        "0, '{epsilon: 0.3}'",
        "1, '{epsilon: 0.3}'",
        "0.5, '{epsilon: 1}'",
        "0, '{thompson: {draws: 24}}'",
        "0, '{thompson: {draws: 12}, epsilon: 0.1}'",
        "0, '{epsilon: 0.2, shuffle: {top: 3, rate: 0.5}}'"
    })
    void intervalsCoverTheTruth(double target, String explore) {
        double truth = ExploringSite.value(target);
        int[] covering = new int[4];
        double sum = 0;
        for (int seed = 0; seed < SITES; seed++) {
            PolicyReport report = report(new TargetPolicy(target), spec(explore), seed);
            covering[0] += report.ips().covers(truth) ? 1 : 0;
            covering[1] += report.selfNormalized().covers(truth) ? 1 : 0;
            covering[2] += report.doublyRobust().covers(truth) ? 1 : 0;
            covering[3] += report.shown().covers(truth) ? 1 : 0;
            sum += report.ips().value();
            assertFalse(report.isUncovered(), "seed " + seed);
            assertTrue(report.effectivePlaces() < report.places());
        }
        for (int estimator = 0; estimator < 3; estimator++) {
            assertTrue(
                    covering[estimator] >= LEAST_COVERING, "estimator " + estimator + " covers " + covering[estimator]);
        }
        assertTrue(covering[3] < SITES / 2, "the naive mean covers " + covering[3]);
        assertEquals(truth, sum / SITES, .01, "unbiased");
    }

    private static PolicyReport report(TargetPolicy target, ModelSpec spec, long seed) {
        PolicyEstimator estimator = new PolicyEstimator(target);
        ExploringSite site = new ExploringSite(spec, seed);
        for (int i = 0; i < REQUESTS; i++) {
            estimator.add(site.next());
        }
        return estimator.report();
    }

    @Test
    void aTargetThatTheLogLacksIsSeen() {
        PolicyReport report = report(new TargetPolicy(1), spec("{shuffle: {top: 3, rate: 0.5}}"), 1);
        assertTrue(report.isUncovered(), "random shows what shuffling never does: " + report.meanWeight());
        assertFalse(report(new TargetPolicy(0), spec("{shuffle: {top: 3, rate: 0.5}}"), 1)
                .isUncovered());
    }

    /** Worked by hand: weights 2 and 0 of the two requests. */
    @Test
    void estimatesAreTheirFormulas() {
        PolicyEstimator estimator = new PolicyEstimator(new TargetPolicy(0));
        estimator.add(request(.5, 1, 1));
        estimator.add(request(.5, 2, 1));
        PolicyReport report = estimator.report();
        assertEquals(1, report.shown().value());
        assertEquals((2 + 0) / 2., report.ips().value());
        assertEquals(1, report.selfNormalized().value());
        assertEquals((.4 + 2 * (1 - .3) + .4) / 2, report.doublyRobust().value(), 1e-12);
        assertEquals(1, report.effectivePlaces());
        assertEquals(2, report.largestWeight());
        assertThrows(IllegalStateException.class, new PolicyEstimator(new TargetPolicy(0))::report);
    }

    private static LoggedRequest request(double propensity, int bestPlace, double reward) {
        return new LoggedRequest(
                2, .2, List.of(.4), List.of(new LoggedRequest.Place(.3, propensity, bestPlace, reward)));
    }

    /** Another arm's ranking, of answers that showed all candidates: liked as the items' places are looked at. */
    @Test
    void anotherModelsRankingIsValuedWhereItScoredAllCandidates() {
        double[] liked = {.5, .1, .3, .2};
        double[] lookedAt = {1, .8, .6, .4};
        List<Double> own = List.of(.1, .4, .3, .2);
        List<Double> other = List.of(.6, .1, .2, .3);
        int[] best = {1, 2, 3, 0};
        int[] itsOrder = {0, 3, 2, 1};
        double truth = 0;
        for (int place = 0; place < 4; place++) {
            truth += lookedAt[place] * liked[itsOrder[place]];
        }
        Explorer explorer = new Explorer(spec("{epsilon: 0.4}"));
        int covering = 0;
        int naive = 0;
        for (int seed = 0; seed < SITES; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            PolicyEstimator estimator = new PolicyEstimator(TargetPolicy.parse("by:other"));
            for (int n = 0; n < REQUESTS; n++) {
                Slate slate = explorer.choose("run " + seed + ' ' + n, new int[][] {best}, 4);
                List<LoggedRequest.Place> places = new ArrayList<>();
                List<Double> others = new ArrayList<>();
                for (int place = 0; place < 4; place++) {
                    int item = slate.order()[place];
                    int bestPlace = 1
                            + IntStream.range(0, 4).filter(p -> best[p] == item).sum();
                    double reward = random.nextDouble() < lookedAt[place] * liked[item] ? 1 : 0;
                    places.add(new LoggedRequest.Place(own.get(item), slate.propensities()[place], bestPlace, reward));
                    others.add(other.get(item));
                }
                estimator.add(new LoggedRequest(4, .25, List.of(.4, .3, .2, .1), places, Map.of("other", others)));
            }
            PolicyReport report = estimator.report();
            covering += report.ips().covers(truth) && report.doublyRobust().covers(truth) ? 1 : 0;
            assertFalse(report.isUncovered(), "seed " + seed);
            naive += report.shown().covers(truth) ? 1 : 0;
        }
        assertTrue(covering >= LEAST_COVERING - 10, "both cover " + covering);
        assertTrue(naive < SITES / 2, "it is not what was shown: the naive mean covers " + naive);
    }

    @Test
    void whatTheLogDoesNotKnowOfAnotherModelIsLeftOut() {
        PolicyEstimator estimator = new PolicyEstimator(TargetPolicy.parse("by:other"));
        estimator.add(request(.5, 1, 1));
        assertFalse(estimator.knows());
        assertEquals(1, estimator.unknown());
        assertThrows(IllegalStateException.class, estimator::report);
        List<LoggedRequest.Place> one = List.of(new LoggedRequest.Place(.3, 1, 1, 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> new LoggedRequest(2, .2, List.of(.4), one, Map.of("other", List.of(.1))),
                "not all candidates");
    }

    @Test
    void targetsAreNamed() {
        assertEquals(new TargetPolicy(0, "shop-wide"), TargetPolicy.parse("by:shop-wide"));
        assertEquals(new TargetPolicy(0), TargetPolicy.parse("best"));
        assertEquals(new TargetPolicy(1), TargetPolicy.parse("random"));
        assertEquals(new TargetPolicy(.1), TargetPolicy.parse("epsilon:0.1"));
        for (String wrong : List.of("worst", "epsilon:x", "epsilon:2", "by:")) {
            assertThrows(IllegalArgumentException.class, () -> TargetPolicy.parse(wrong));
        }
    }
}
