package dev.millrace.ingest.chain;

import java.util.Locale;
import java.util.Optional;

/** What a run does, one after the other. */
public enum ChainStep {
    /** Rows to block files. */
    CONVERT,
    /** Block files to weights. */
    TRAIN,
    /** Weights measured on samples that they have not learned, beside what served. */
    EVALUATE,
    /** Whether they may be published. */
    GATE,
    /** Weights to a version that has an alias. */
    PUBLISH;

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The one after it; empty after the last. */
    public Optional<ChainStep> next() {
        return ordinal() + 1 < values().length ? Optional.of(values()[ordinal() + 1]) : Optional.empty();
    }

    /** @throws IllegalArgumentException when it is none */
    public static ChainStep of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
