package dev.millrace.api.rank;

import dev.millrace.api.log.EventSink;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.FeatureValue;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ps.serve.WeightServer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ranks with one model: profiles, features, scores, order, and an impression that the log holds before anybody sees the
 * answer. Safe for many threads; the caller's thread waits for the log.
 */
public final class Ranker {
    private static final Logger LOG = LoggerFactory.getLogger(Ranker.class);
    private static final int CONTENT_TOO_LARGE = 413;

    private final WeightServer weights;
    private final ProfileStore profiles;
    private final EventSink sink;
    private final Clock clock;
    private final Duration acknowledged;
    private final long fingerprint;

    /** @param acknowledged longest wait for the log */
    public Ranker(WeightServer weights, ProfileStore profiles, EventSink sink, Clock clock, Duration acknowledged) {
        this.weights = weights;
        this.profiles = profiles;
        this.sink = sink;
        this.clock = clock;
        this.acknowledged = acknowledged;
        fingerprint = weights.spec().fingerprint();
    }

    public WeightServer weights() {
        return weights;
    }

    /** @throws ProblemException (stale) when the log does not acknowledge the impression in time */
    public RankAnswer rank(RankRequest request) throws InterruptedException {
        RawFeatures shared = requestFeatures(request);
        List<RawFeatures> items = itemFeatures(request);
        float[] scores = new float[items.size()];
        long version = weights.score(shared, items, scores);
        int[] order = Ordering.best(scores, scores.length, request.limit());
        List<RankAnswer.Ranked> ranked = new ArrayList<>(order.length);
        for (int index : order) {
            ranked.add(new RankAnswer.Ranked(request.candidates().get(index).item(), scores[index]));
        }
        RankAnswer answer = new RankAnswer(request.requestId(), weights.spec().model(), version, ranked);
        var scored = new Impressions.Scored(shared, items, order);
        publish(Impressions.of(weights.spec(), fingerprint, request, scored, answer, clock.millis()));
        return answer;
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

    private void publish(Impression impression) throws InterruptedException {
        try {
            sink.impression(impression).get(acknowledged.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RecordTooLargeException) {
                throw tooLarge();
            }
            LOG.warn("an impression was not acknowledged: {}", String.valueOf(e.getCause()));
            throw unacknowledged();
        } catch (TimeoutException e) {
            throw unacknowledged();
        }
    }

    private static ProblemException tooLarge() {
        return new ProblemException(Problem.caller(
                CONTENT_TOO_LARGE,
                "Content Too Large",
                "candidates",
                "candidates, with their features and stored profiles, make an impression that the log refuses as too large",
                "send fewer candidates or smaller features, or a lower limit"));
    }

    private ProblemException unacknowledged() {
        return new ProblemException(Problem.stale("the log did not acknowledge the impression within "
                + acknowledged.toMillis() + " ms, so there is no answer: what is shown must be on the log"));
    }
}
