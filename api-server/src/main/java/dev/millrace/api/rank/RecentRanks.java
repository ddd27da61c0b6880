package dev.millrace.api.rank;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Answers of the last requests that may be sent again, by request id, so that a retry gets the answer that was logged.
 * Bounded by ids and by their answers' items; the oldest make room. Safe for many threads.
 */
public final class RecentRanks {
    private static final int CONFLICT = 409;

    private final int maxIds;
    private final int maxItems;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private int items;

    /** @param items that the answer has at most */
    private record Entry(String content, int items, CompletableFuture<RankAnswer> answer) {}

    public RecentRanks(int maxIds, int maxItems) {
        this.maxIds = maxIds;
        this.maxItems = maxItems;
    }

    /**
     * Null: the id is new, or failed, and the caller's to answer by {@code mine}. Otherwise completes with the answer of
     * whoever came first.
     *
     * @param content digest of the request
     * @param size items that the answer will have at most
     * @throws ProblemException (409) when the id belongs to another content
     */
    synchronized @Nullable CompletableFuture<RankAnswer> claim(
            String requestId, String content, int size, CompletableFuture<RankAnswer> mine) {
        Entry known = entries.get(requestId);
        if (known != null && !known.answer().isCompletedExceptionally()) {
            if (!known.content().equals(content)) {
                throw conflict(requestId);
            }
            return known.answer();
        }
        remove(requestId);
        entries.put(requestId, new Entry(content, size, mine));
        items += size;
        while (entries.size() > maxIds || (items > maxItems && entries.size() > 1)) {
            remove(entries.keySet().iterator().next());
        }
        return null;
    }

    private void remove(String requestId) {
        Entry removed = entries.remove(requestId);
        items -= removed == null ? 0 : removed.items();
    }

    private static ProblemException conflict(String requestId) {
        return new ProblemException(Problem.caller(
                CONFLICT,
                "Conflict",
                "requestId",
                "requestId '" + requestId + "' is of another request, that asked for something else",
                "send a new requestId, or none; the same requestId only with the same request"));
    }
}
