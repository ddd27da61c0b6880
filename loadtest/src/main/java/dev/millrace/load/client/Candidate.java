package dev.millrace.load.client;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One item to rank.
 *
 * @param features values of {@code item.*} attributes that override the stored profile for this request: text,
 *     numbers, booleans or lists of text
 */
public record Candidate(String item, @Nullable Map<String, Object> features) {
    public static Candidate of(String item) {
        return new Candidate(item, null);
    }
}
