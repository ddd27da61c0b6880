package dev.millrace.api.rank;

import dev.millrace.api.explore.Explorer;
import dev.millrace.api.explore.Slate;
import dev.millrace.api.log.EventSink;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.LiveFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.serve.WeightsUnavailable;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ranks with one model: profiles, features, scores, order, and an impression that the log holds before anybody sees the
 * answer. Safe for many threads.
 */
public final class Ranker {
    private static final Logger LOG = LoggerFactory.getLogger(Ranker.class);
    private static final int CONTENT_TOO_LARGE = 413;
    /** Every impression carries them all. */
    private static final int MAX_NAMES = 128;

    private final WeightServer weights;
    private final ProfileStore profiles;
    private final EventSink sink;
    private final Clock clock;
    private final long fingerprint;
    private final LiveFeatures live;
    private final Explorer explorer;
    private final List<String> heads;
    /** Replaced when it has grown beyond what a spec and its profiles need. */
    private volatile FeatureCodec.Dictionary names = FeatureCodec.Dictionary.shared();

    public Ranker(WeightServer weights, ProfileStore profiles, EventSink sink, Clock clock) {
        this.weights = weights;
        this.profiles = profiles;
        this.sink = sink;
        this.clock = clock;
        fingerprint = weights.spec().fingerprint();
        live = new LiveFeatures(weights.spec());
        explorer = new Explorer(weights.spec());
        heads = weights.spec().heads().names();
    }

    public WeightServer weights() {
        return weights;
    }

    /** The log may hold the impression, or not. */
    static final class NotLogged extends RuntimeException {
        private static final long serialVersionUID = 1;

        NotLogged(@Nullable Throwable cause) {
            super(cause);
        }
    }

    /**
     * The answer, once the log holds its impression; fails with {@link NotLogged} when it may not, and with a
     * {@link ProblemException} when it never will.
     *
     * @throws ProblemException (stale) when there are no weights to score with: no score is made up
     */
    CompletableFuture<RankAnswer> rank(RankRequest request) {
        RankFeatures gathered = RankFeatures.of(request, live, profiles, clock.millis());
        RawFeatures shared = gathered.shared();
        List<RawFeatures> items = gathered.items();
        float[] scored = new float[items.size() * (1 + heads.size())];
        float[][] draws = new float[explorer.draws()][items.size()];
        long version = score(request, shared, items, scored, draws);
        float[] scores = heads.isEmpty() ? scored : Arrays.copyOf(scored, items.size());
        Shown shown = shown(request, scores, draws);
        int[] order = shown.order();
        List<RankAnswer.Ranked> ranked = new ArrayList<>(order.length);
        for (int i = 0; i < order.length; i++) {
            String item = request.candidates().get(order[i]).item();
            ranked.add(new RankAnswer.Ranked(
                    item, scores[order[i]], shown.propensity(i), heads(scored, items.size(), order[i])));
        }
        RankAnswer answer =
                new RankAnswer(request.requestId(), weights.spec().model(), version, ranked, gathered.degraded());
        var record = new Impressions.Scored(shared, items, shown);
        return publish(
                request.requestId(),
                Impressions.of(weights.spec(), fingerprint, request, record, answer, clock.millis(), names()),
                answer);
    }

    /** Each head's prediction of an item: they stand behind the scores, head by head. */
    private Map<String, Float> heads(float[] scored, int items, int item) {
        if (heads.isEmpty()) {
            return Map.of();
        }
        Map<String, Float> its = new LinkedHashMap<>();
        for (int head = 0; head < heads.size(); head++) {
            its.put(heads.get(head), scored[(1 + head) * items + item]);
        }
        return its;
    }

    private FeatureCodec.Dictionary names() {
        if (names.size() > MAX_NAMES) {
            names = FeatureCodec.Dictionary.shared();
        }
        return names;
    }

    /** What a request is scored from: its own attributes, and each candidate's. */
    public record Features(RawFeatures shared, List<RawFeatures> items) {}

    /** As they are now. */
    public Features features(RankRequest request) {
        RankFeatures gathered = RankFeatures.of(request, live, profiles, clock.millis());
        return new Features(gathered.shared(), gathered.items());
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

    /** {@code user.*} and {@code context.*} attributes of whoever asks, as they are now. */
    public RawFeatures side(RankRequest request) {
        return RankFeatures.side(request, live, profiles, clock.millis());
    }

    private CompletableFuture<RankAnswer> publish(String requestId, byte[] impression, RankAnswer answer) {
        return sink.impression(requestId, impression).handle((done, failure) -> {
            if (failure == null) {
                return answer;
            }
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause instanceof RecordTooLargeException) {
                throw tooLarge();
            }
            LOG.warn("an impression was not acknowledged: {}", String.valueOf(cause));
            throw new NotLogged(cause);
        });
    }

    private static ProblemException tooLarge() {
        return new ProblemException(Problem.caller(
                CONTENT_TOO_LARGE,
                "Content Too Large",
                "candidates",
                "candidates, with their features and stored profiles, make an impression that the log refuses as too large",
                "send fewer candidates or smaller features, or a lower limit"));
    }
}
