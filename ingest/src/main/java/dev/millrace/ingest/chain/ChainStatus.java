package dev.millrace.ingest.chain;

import java.util.Locale;

/** Where a run is. */
public enum ChainStatus {
    /** For a place among those that run. */
    WAITING,
    RUNNING,
    /** For the next try of a step that failed. */
    RETRYING,
    PUBLISHED,
    /** The gate said no. */
    REFUSED,
    /** A step's last try failed. */
    FAILED,
    CANCELLED;

    public boolean ended() {
        return ordinal() >= PUBLISHED.ordinal();
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException when it is none */
    public static ChainStatus of(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT));
    }
}
