package dev.millrace.api.rank;

import dev.millrace.api.log.EventSink;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ps.serve.WeightServer;
import dev.millrace.ps.serve.WeightsUnavailable;
import java.time.Clock;
import java.util.ArrayList;
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

    private final WeightServer weights;
    private final ProfileStore profiles;
    private final EventSink sink;
    private final Clock clock;
    private final long fingerprint;

    public Ranker(WeightServer weights, ProfileStore profiles, EventSink sink, Clock clock) {
        this.weights = weights;
        this.profiles = profiles;
        this.sink = sink;
        this.clock = clock;
        fingerprint = weights.spec().fingerprint();
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
        RawFeatures shared = requestFeatures(request);
        List<RawFeatures> items = itemFeatures(request);
        float[] scores = new float[items.size()];
        long version = score(shared, items, scores);
        int[] order = Ordering.best(scores, scores.length, request.limit());
        List<RankAnswer.Ranked> ranked = new ArrayList<>(order.length);
        for (int index : order) {
            ranked.add(new RankAnswer.Ranked(request.candidates().get(index).item(), scores[index]));
        }
        RankAnswer answer = new RankAnswer(request.requestId(), weights.spec().model(), version, ranked);
        var scored = new Impressions.Scored(shared, items, order);
        return publish(Impressions.of(weights.spec(), fingerprint, request, scored, answer, clock.millis()), answer);
    }

    private long score(RawFeatures shared, List<RawFeatures> items, float[] scores) {
        try {
            return weights.score(shared, items, scores);
        } catch (WeightsUnavailable e) {
            LOG.debug("not ranked", e);
            throw new ProblemException(Problem.stale("the weights cannot be had now: " + e.getMessage()));
        }
    }

    private RawFeatures requestFeatures(RankRequest request) {
        Map<String, FeatureValue> features = new LinkedHashMap<>();
        if (request.user() != null) {
            profiles.get(ProfileStore.Kind.USER, request.user()).ifPresent(p -> features.putAll(p.asMap()));
            features.put("user.id", new FeatureValue.Text(request.user()));
        }
        features.putAll(request.context());
        return RawFeatures.of(features);
    }

    private List<RawFeatures> itemFeatures(RankRequest request) {
        List<RankRequest.Candidate> candidates = request.candidates();
        List<String> ids = candidates.stream().map(RankRequest.Candidate::item).toList();
        List<RawFeatures> stored = profiles.getAll(ProfileStore.Kind.ITEM, ids);
        List<RawFeatures> items = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            Map<String, FeatureValue> features =
                    new LinkedHashMap<>(stored.get(i).asMap());
            features.putAll(candidates.get(i).features());
            features.put("item.id", new FeatureValue.Text(ids.get(i)));
            items.add(RawFeatures.of(features));
        }
        return items;
    }

    private CompletableFuture<RankAnswer> publish(Impression impression, RankAnswer answer) {
        return sink.impression(impression).handle((done, failure) -> {
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
