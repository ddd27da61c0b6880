package dev.millrace.api.recent;

import dev.millrace.api.rank.RankAnswer;
import dev.millrace.api.rank.RankRequest;
import java.util.List;

/**
 * A request that was answered here.
 *
 * @param asked of its candidates those alone that were shown first, so that it can be asked again to be explained
 * @param candidates how many there were
 * @param any one of all the candidates, drawn by chance
 * @param answer of what was shown the first
 * @param shown how many there were
 * @param actions that people took, oldest first
 */
public record RecentRequest(
        String model,
        long timeMs,
        RankRequest asked,
        int candidates,
        RankRequest.Candidate any,
        RankAnswer answer,
        int shown,
        List<Acted> actions) {
    /** An action that names the request. */
    public record Acted(String id, String type, String item, long acceptedMs) {}

    RecentRequest with(List<Acted> others) {
        return new RecentRequest(model, timeMs, asked, candidates, any, answer, shown, List.copyOf(others));
    }
}
