package dev.millrace.api.rank;

import dev.millrace.api.arm.Family;
import dev.millrace.api.log.EventSink;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.profile.LiveFeatures;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.proto.Exposure;
import dev.millrace.ingest.proto.OtherScores;
import dev.millrace.ps.serve.ScoreTime;
import dev.millrace.ps.serve.WeightServer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
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
    private final LiveFeatures live;
    private final Policy policy;
    /** Null: nobody else answers for the model, or is compared with it. */
    private final @Nullable ArmRanking arms;
    /** Replaced when it has grown beyond what a spec and its profiles need. */
    private volatile FeatureCodec.Dictionary names = FeatureCodec.Dictionary.shared();

    /** Of a model that nobody is compared with. */
    public Ranker(WeightServer weights, ProfileStore profiles, EventSink sink, Clock clock) {
        this(weights, weights, null, profiles, sink, clock);
    }

    /** @param family that the model is of: asked for by the family's name, its arms answer */
    public static Ranker of(WeightServer weights, Family family, ProfileStore profiles, EventSink sink, Clock clock) {
        if (family.isAlone()) {
            return new Ranker(weights, profiles, sink, clock);
        }
        return new Ranker(weights, family.base(), new ArmRanking(family, weights), profiles, sink, clock);
    }

    private Ranker(
            WeightServer weights,
            WeightServer base,
            @Nullable ArmRanking arms,
            ProfileStore profiles,
            EventSink sink,
            Clock clock) {
        this.weights = weights;
        this.arms = arms;
        this.profiles = profiles;
        this.sink = sink;
        this.clock = clock;
        live = new LiveFeatures(base.spec());
        policy = new Policy(weights);
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
        Deadline.check();
        RankFeatures gathered = RankFeatures.of(request, live, profiles, clock.millis());
        Deadline.check();
        RawFeatures shared = gathered.shared();
        List<RawFeatures> items = gathered.items();
        Answered answered = answered(request, shared, items);
        // What nobody waits for is not shown, and so is no impression.
        Deadline.check();
        Policy.Listed listed = answered.listed();
        int[] order = listed.shown().order();
        List<RankAnswer.Ranked> ranked = new ArrayList<>(order.length);
        for (int i = 0; i < order.length; i++) {
            String item = request.candidates().get(order[i]).item();
            ranked.add(new RankAnswer.Ranked(
                    item,
                    listed.scores()[order[i]],
                    listed.shown().propensity(i),
                    answered.policy().heads(listed, order[i])));
        }
        RankAnswer answer = new RankAnswer(
                request.requestId(), weights.spec().model(), listed.version(), ranked, gathered.degraded());
        var scored = new Impressions.Scored(shared, items, answered);
        return publish(request.requestId(), Impressions.of(request, scored, answer, clock.millis(), names()), answer);
    }

    private Answered answered(RankRequest request, RawFeatures shared, List<RawFeatures> items) {
        try {
            return arms == null
                    ? new Answered(policy, policy.list(request, shared, items), List.of(), null)
                    : arms.answer(request, shared, items);
        } catch (ScoreTime.Over e) {
            throw Deadline.over();
        }
    }

    /**
     * What is answered, and what the log gets to know of it.
     *
     * @param policy whose list it is
     * @param others scores of models that did not answer
     * @param exposure which part of an experiment it is; null: of none
     */
    record Answered(
            Policy policy,
            Policy.Listed listed,
            List<OtherScores> others,
            @Nullable Exposure exposure) {}

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
