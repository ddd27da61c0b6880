package dev.millrace.api.http;

import dev.millrace.api.json.JsonIn;
import org.jspecify.annotations.Nullable;

/** Request bodies as they come from the wire. */
final class Bodies {
    private static final byte[] NONE = new byte[0];

    private Bodies() {}

    static JsonIn.Source json(byte @Nullable [] body) {
        return JsonIn.of(orEmpty(body));
    }

    /** No body is an empty body: the readers say what is wrong with that. */
    static byte[] orEmpty(byte @Nullable [] body) {
        return body == null ? NONE : body;
    }
}
