package dev.millrace.api.candidate;

import java.util.Locale;

/** Why an item is a candidate. */
public enum Source {
    /** Liked with what the person liked. */
    TOGETHER,
    /** Near the person in the model's embeddings. */
    NEAREST,
    /** Liked by many of late. */
    POPULAR,
    /** Known since lately. */
    RECENT;

    /** As it stands in answers. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
