package dev.millrace.api.desk;

import dev.millrace.api.json.JsonIn;
import dev.millrace.api.rank.RankRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one model's requests to explain: as to rank, of fewer candidates. Immutable. */
final class ExplainReader {
    static final int MAX_ITEMS = 20;

    private static final List<String> KEYS = List.of("user", "session", "context", "candidates", "top", "sinceVersion");
    private static final int MAX_TOP = 1_000;
    private static final int DEFAULT_TOP = 100;

    private final RankReader rank;

    ExplainReader(RankReader rank) {
        this.rank = rank;
    }

    /**
     * @param top how many contributions are listed, of each item
     * @param sinceVersion an earlier version to tell changes from
     */
    record Request(RankRequest of, int top, @Nullable Long sinceVersion) {}

    Request read(JsonIn.Source body) {
        return body.read(in -> {
            int[] top = {DEFAULT_TOP};
            Long[] since = new Long[1];
            RankRequest request = rank.request(in, KEYS, MAX_ITEMS, name -> {
                if (name.equals("top")) {
                    top[0] = (int) in.wholeNumber(1, MAX_TOP);
                } else {
                    since[0] = in.wholeNumber(0, Long.MAX_VALUE);
                }
            });
            return new Request(request, top[0], since[0]);
        });
    }
}
