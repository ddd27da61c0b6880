package dev.millrace.load.client;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of a rank request; what is null is left out.
 *
 * @param requestId the same id again is a retry of the same request
 * @param limit how many items the answer may show; null: all candidates
 */
public record RankRequest(
        String requestId,
        @Nullable String user,
        @Nullable String session,
        @Nullable Map<String, Object> context,
        List<Candidate> candidates,
        @Nullable Integer limit) {
    public RankRequest {
        candidates = List.copyOf(candidates);
    }

    public static RankRequest of(String requestId, String user, List<String> items) {
        return new RankRequest(
                requestId, user, null, null, items.stream().map(Candidate::of).toList(), null);
    }

    public RankRequest withRequestId(String id) {
        return new RankRequest(id, user, session, context, candidates, limit);
    }
}
