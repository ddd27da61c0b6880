package dev.millrace.api.desk;

import dev.millrace.ingest.feature.FeatureValue;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A checked request for the best of the catalogue.
 *
 * @param retryable whether the caller gave the id
 * @param context attributes by full name
 * @param exclude items that are not to be answered
 * @param tags attributes of stored items by short name; an item must have one of the texts of each
 * @param withSeen whether what the person acted on may be answered too
 * @param limit how many are answered at most
 */
record RecommendRequest(
        String requestId,
        boolean retryable,
        @Nullable String user,
        @Nullable String session,
        Map<String, FeatureValue> context,
        List<String> exclude,
        Map<String, List<String>> tags,
        boolean withSeen,
        int limit) {
    static final int DEFAULT_LIMIT = 20;

    RecommendRequest {
        context = Collections.unmodifiableMap(context);
        exclude = List.copyOf(exclude);
        tags = Collections.unmodifiableMap(tags);
    }
}
