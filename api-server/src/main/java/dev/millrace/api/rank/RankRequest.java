package dev.millrace.api.rank;

import dev.millrace.ingest.feature.FeatureValue;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A checked request for ranking.
 *
 * @param requestId names the answer; actions refer to it
 * @param retryable whether the caller gave the id, and so may send the same again
 * @param context attributes by full name ({@code context.device})
 * @param candidates distinct items, 1..{@value #MAX_CANDIDATES}
 * @param limit how many are answered at most
 */
public record RankRequest(
        String requestId,
        boolean retryable,
        @Nullable String user,
        @Nullable String session,
        Map<String, FeatureValue> context,
        List<Candidate> candidates,
        int limit) {
    public static final int MAX_CANDIDATES = 1000;

    public RankRequest {
        context = java.util.Collections.unmodifiableMap(context);
        candidates = List.copyOf(candidates);
    }

    /** The same under an id that the caller gave elsewhere. */
    public RankRequest under(String id) {
        return new RankRequest(id, true, user, session, context, candidates, limit);
    }

    /** The same of other candidates. */
    public RankRequest of(List<Candidate> others) {
        return new RankRequest(requestId, retryable, user, session, context, others, limit);
    }

    /** @param features attributes by full name ({@code item.price}) that stand above the item's profile */
    public record Candidate(String item, Map<String, FeatureValue> features) {
        public Candidate {
            features = features.isEmpty() ? Map.of() : java.util.Collections.unmodifiableMap(features);
        }

        /** Whether it says no more than its id. */
        boolean isBare() {
            return features.isEmpty();
        }
    }
}
