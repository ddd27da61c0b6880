package dev.millrace.api.http;

import dev.millrace.api.json.Ids;
import io.micronaut.http.HttpRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/** An id that stands as the last segment of an address. */
final class PathId {
    /** One whole segment: Micronaut's own pattern leaves out characters that may stand there, like {@code & ; +}. */
    static final String ROUTE = "{id:[^/]+}";

    private PathId() {}

    /** Micronaut's own decoding makes a plus sign a space, as only forms do. */
    static String of(HttpRequest<?> request) {
        String path = request.getUri().getRawPath();
        int end = path.endsWith("/") ? path.length() - 1 : path.length();
        String segment = path.substring(path.lastIndexOf('/', end - 1) + 1, end);
        return Ids.check("id", URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8));
    }
}
