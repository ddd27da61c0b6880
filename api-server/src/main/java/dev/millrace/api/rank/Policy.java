package dev.millrace.api.rank;

import dev.millrace.api.arm.TeamDraft;
import dev.millrace.api.explore.Explorer;
import dev.millrace.api.explore.Slate;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.serve.WeightsUnavailable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How one model ranks: its weights, and how it explores. Safe for many threads. */
final class Policy {
    /** Lists of a request that are drafted, of which one is shown: its places' probabilities are shares of them. */
    private static final int DRAFTS = 16;

    private static final Logger LOG = LoggerFactory.getLogger(Policy.class);

    private final WeightServer weights;
    private final Explorer explorer;
    private final long fingerprint;
    private final List<String> heads;

    Policy(WeightServer weights) {
        this.weights = weights;
        explorer = new Explorer(weights.spec());
        fingerprint = weights.spec().fingerprint();
        heads = weights.spec().heads().names();
    }

    WeightServer weights() {
        return weights;
    }

    /** Of the spec; computed once, since it hashes every slot. */
    long fingerprint() {
        return fingerprint;
    }

    /**
     * @param scores of all candidates
     * @param ofHeads the same, and behind them each head's predictions, head by head
     * @param version of the weights that scored
     */
    @SuppressWarnings("ArrayRecordComponent") // handed from one method to the next, never compared
    record Listed(float[] scores, float[] ofHeads, long version, Shown shown) {}

    /** Each head's prediction of a candidate. */
    Map<String, Float> heads(Listed listed, int item) {
        if (heads.isEmpty()) {
            return Map.of();
        }
        Map<String, Float> its = new LinkedHashMap<>();
        for (int head = 0; head < heads.size(); head++) {
            its.put(heads.get(head), listed.ofHeads()[(1 + head) * listed.scores().length + item]);
        }
        return its;
    }

    /** Floats that scoring so many items writes. */
    int scores(int items) {
        return items * (1 + heads.size());
    }

    /** @throws ProblemException (stale) when there are no weights to score with: no score is made up */
    Listed list(RankRequest request, RawFeatures shared, List<RawFeatures> items) {
        float[] ofHeads = new float[scores(items.size())];
        float[][] draws = new float[explorer.draws()][items.size()];
        long version = score(request, shared, items, ofHeads, draws);
        float[] scores = heads.isEmpty() ? ofHeads : Arrays.copyOf(ofHeads, items.size());
        return new Listed(scores, ofHeads, version, shown(request, scores, draws));
    }

    private Shown shown(RankRequest request, float[] scores, float[][] draws) {
        if (explorer.isNone()) {
            return Shown.best(Ordering.best(scores, scores.length, request.limit()));
        }
        int[] best = Ordering.best(scores, scores.length, scores.length);
        int[][] rankings = {best};
        if (draws.length > 0) {
            rankings = new int[draws.length][];
            Arrays.setAll(rankings, draw -> Ordering.descending(draws[draw]));
        }
        Slate slate = explorer.choose(request.requestId(), rankings, request.limit());
        return Shown.explored(slate, best, scores);
    }

    /** A list that this and another drafted in turn, with this one's scores; explored as this one's lists are. */
    Listed drafted(Policy other, RankRequest request, RawFeatures shared, List<RawFeatures> items) {
        float[] scores = new float[items.size()];
        float[] others = new float[items.size()];
        long version = score(request, shared, items, scores, new float[0][]);
        other.score(request, shared, items, others, new float[0][]);
        int[] best = Ordering.best(scores, scores.length, scores.length);
        int[] best2 = Ordering.best(others, others.length, others.length);
        SplittableRandom coins = new SplittableRandom(explorer.seed(request.requestId()));
        TeamDraft[] drafts = new TeamDraft[DRAFTS];
        Arrays.setAll(drafts, i -> TeamDraft.of(best, best2, coins));
        int[][] rankings = new int[DRAFTS][];
        Arrays.setAll(rankings, i -> drafts[i].order());
        Slate slate = explorer.choose(request.requestId(), rankings, request.limit());
        Shown shown = Shown.explored(slate, best, scores);
        // A list in random order was drafted by nobody.
        return new Listed(
                scores,
                scores,
                version,
                slate.ranking() == Slate.RANDOM ? shown : shown.drafted(drafts[slate.ranking()].drafted()));
    }

    private long score(
            RankRequest request, RawFeatures shared, List<RawFeatures> items, float[] scores, float[][] draws) {
        try {
            return draws.length == 0
                    ? weights.score(shared, items, scores)
                    : weights.draw(shared, items, explorer.seed(request.requestId()), scores, draws);
        } catch (WeightsUnavailable e) {
            LOG.debug("not ranked", e);
            throw new ProblemException(Problem.stale("the weights cannot be had now: " + e.getMessage()));
        }
    }
}
