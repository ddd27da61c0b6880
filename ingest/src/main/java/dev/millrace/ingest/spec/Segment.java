package dev.millrace.ingest.spec;

import java.util.Set;

/**
 * The requests that a model is for: it answers them in place of the model that it learns from, and learns from no others.
 *
 * @param by attribute of the request ({@code user.country}, {@code context.device})
 * @param values texts of it
 */
public record Segment(String by, Set<String> values) {
    public static final int MAX_VALUES = 1_000;

    public Segment {
        values = Set.copyOf(values);
    }
}
