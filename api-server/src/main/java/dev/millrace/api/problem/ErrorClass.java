package dev.millrace.api.problem;

import java.util.Locale;

/** Whose turn it is to act on an error. Each class has one HTTP code and one counter. */
public enum ErrorClass {
    /** The caller must change the request. 400; where HTTP has its own code (404, 405, 409, 413, 415) that one. */
    CALLER(400),
    /** A bound of this server is reached; the caller sends the same again later. */
    OVERLOAD(429),
    /** A part behind the edge is down or too slow; the caller sends the same again later. */
    STALE(503),
    /** A defect of ours. */
    INTERNAL(500);

    private final int status;

    ErrorClass(int status) {
        this.status = status;
    }

    public int status() {
        return status;
    }

    /** As it stands in problems and metrics. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
