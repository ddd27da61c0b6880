package dev.millrace.api.http;

import org.jspecify.annotations.Nullable;

/** Request bodies as they come from the wire. */
final class Bodies {
    private static final byte[] NONE = new byte[0];

    private Bodies() {}

    /** No body is an empty body: the readers say what is wrong with that. */
    static byte[] orEmpty(byte @Nullable [] body) {
        return body == null ? NONE : body;
    }
}
