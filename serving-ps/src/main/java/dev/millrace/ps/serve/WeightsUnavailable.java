package dev.millrace.ps.serve;

import org.jspecify.annotations.Nullable;

/** Weights that are kept elsewhere cannot be had now: what keeps them is down, slow, empty or of another spec. */
public final class WeightsUnavailable extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param message fit for a caller of the API: what is away, no addresses */
    public WeightsUnavailable(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    public WeightsUnavailable(String message) {
        this(message, null);
    }
}
