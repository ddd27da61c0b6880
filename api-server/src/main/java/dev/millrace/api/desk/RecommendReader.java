package dev.millrace.api.desk;

import dev.millrace.api.json.FeatureJson;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.rank.RankRequest;
import dev.millrace.api.rank.RequestIds;
import dev.millrace.ingest.feature.FeatureValue;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads one model's requests to recommend. Immutable. */
final class RecommendReader {
    private static final List<String> KEYS =
            List.of("requestId", "user", "session", "context", "limit", "exclude", "tags", "withSeen");
    private static final int MAX_EXCLUDED = 1_000;
    private static final int MAX_TAGS = 16;
    private static final int MAX_TEXTS = 64;
    private static final int MAX_TEXT = 1_024;

    private final RankReader rank;
    private final RequestIds ids;

    /** @param rank of the same model */
    RecommendReader(RankReader rank, RequestIds ids) {
        this.rank = rank;
        this.ids = ids;
    }

    private static final class Draft {
        private @Nullable String requestId;
        private @Nullable String user;
        private @Nullable String session;
        private Map<String, FeatureValue> context = Map.of();
        private final List<String> exclude = new ArrayList<>();
        private final Map<String, List<String>> tags = new LinkedHashMap<>();
        private boolean withSeen;
        private int limit = RecommendRequest.DEFAULT_LIMIT;
    }

    RecommendRequest read(JsonIn.Source body) {
        return body.read(in -> {
            Draft draft = new Draft();
            in.object(KEYS, name -> {
                switch (name) {
                    case "requestId" -> draft.requestId = in.id();
                    case "user" -> draft.user = in.id();
                    case "session" -> draft.session = in.id();
                    case "context" -> draft.context = rank.context(in);
                    case "limit" -> draft.limit = (int) in.wholeNumber(1, RankRequest.MAX_CANDIDATES);
                    case "exclude" -> in.array(0, MAX_EXCLUDED, i -> draft.exclude.add(in.id()));
                    case "tags" -> in.members(tag -> draft.tags.put(tag, tag(in, tag, draft.tags.size())));
                    default -> draft.withSeen = in.flag();
                }
            });
            return request(draft);
        });
    }

    private RecommendRequest request(Draft draft) {
        return new RecommendRequest(
                draft.requestId == null ? ids.next() : draft.requestId,
                draft.requestId != null,
                draft.user,
                draft.session,
                draft.context,
                draft.exclude,
                draft.tags,
                draft.withSeen,
                draft.limit);
    }

    private static List<String> tag(JsonIn in, String name, int before) throws IOException {
        if (before == MAX_TAGS) {
            throw in.invalid("is one too many", "send at most " + MAX_TAGS);
        }
        FeatureJson.anyName(in, name);
        if (in.isText()) {
            return List.of(in.text(0, MAX_TEXT));
        }
        List<String> texts = new ArrayList<>();
        in.array(1, MAX_TEXTS, i -> texts.add(in.text(0, MAX_TEXT)));
        return texts;
    }
}
