package dev.millrace.api.monitor.window;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What windows are kept of, and their bounds.
 *
 * @param segments attribute to those of its values that have windows of their own, the others share one: at most
 *     {@value #MAX_SEGMENTS} attributes of at most {@value #MAX_VALUES} values
 * @param versions newest versions of a model with windows of their own
 * @param slack added to a model's reward window, after which a request's labels must have come
 * @param openRequests a model and partition whose labels are awaited
 * @param seenIds ids of samples and dead letters a model and partition that are known, against counting twice
 * @param impressions a second and partition that drift is measured on, the first ones
 * @param items of each of them whose features are looked at
 */
public record WindowConfig(
        Map<String, List<String>> segments,
        int versions,
        Duration slack,
        int openRequests,
        int seenIds,
        int impressions,
        int items) {
    static final int MAX_SEGMENTS = 4;
    static final int MAX_VALUES = 16;

    public static final WindowConfig DEFAULT =
            new WindowConfig(Map.of(), 4, Duration.ofSeconds(5), 20_000, 200_000, 32, 8);

    public WindowConfig {
        Map<String, List<String>> copy = new LinkedHashMap<>();
        segments.forEach((attribute, values) -> copy.put(attribute, List.copyOf(values)));
        segments = java.util.Collections.unmodifiableMap(copy);
        require(segments.size() <= MAX_SEGMENTS, "at most " + MAX_SEGMENTS + " attributes make segments");
        segments.forEach((attribute, values) -> {
            require(
                    attribute.matches("(user|context|item)\\.[A-Za-z][A-Za-z0-9_]{0,63}"),
                    "segment '" + attribute + "': write user.NAME, item.NAME or context.NAME");
            require(
                    !values.isEmpty() && values.size() <= MAX_VALUES,
                    "segment '" + attribute + "': name 1.." + MAX_VALUES + " values; the others share one window");
        });
        require(versions > 0, "versions must be above 0");
        require(!slack.isNegative(), "slack must not be below 0");
        require(openRequests > 0 && seenIds > 0, "openRequests and seenIds must be above 0");
        require(impressions >= 0 && items > 0, "impressions must not be below 0, items must be above 0");
    }

    public WindowConfig withSegments(Map<String, List<String>> others) {
        return new WindowConfig(others, versions, slack, openRequests, seenIds, impressions, items);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException("windows: " + otherwise);
        }
    }
}
