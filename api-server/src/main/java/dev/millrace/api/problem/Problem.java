package dev.millrace.api.problem;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * One refusal as RFC 9457 has it, with the field at fault and how to mend it.
 *
 * @param status HTTP status
 * @param field path of the field at fault ({@code candidates[3].features.price})
 * @param fix what to do instead
 * @param retryAfterSeconds when to send the same again; 0: do not
 * @param requestId under which the caller may send the same again
 * @param instance names this occurrence in the server's log
 */
public record Problem(
        ErrorClass errorClass,
        int status,
        String title,
        String detail,
        @Nullable String field,
        @Nullable String fix,
        int retryAfterSeconds,
        @Nullable String requestId,
        @Nullable String instance) {
    public static final String MEDIA_TYPE = "application/problem+json";

    private static final JsonFactory JSON = new JsonFactory();
    private static final int MAX_TEXT = 2_000;

    /** The request is wrong. */
    public static Problem invalid(@Nullable String field, String detail, @Nullable String fix) {
        return caller(400, "Invalid request", field, detail, fix);
    }

    public static Problem notFound(@Nullable String field, String detail, @Nullable String fix) {
        return caller(404, "Not found", field, detail, fix);
    }

    /** The request is wrong in a way that has a status of its own. */
    public static Problem caller(
            int status, String title, @Nullable String field, String detail, @Nullable String fix) {
        return new Problem(ErrorClass.CALLER, status, title, detail, field, fix, 0, null, null);
    }

    public static Problem overload(String detail) {
        return temporary(ErrorClass.OVERLOAD, "Too much at once", detail);
    }

    public static Problem stale(String detail) {
        return temporary(ErrorClass.STALE, "A part is down or late", detail);
    }

    private static Problem temporary(ErrorClass errorClass, String title, String detail) {
        String fix = "send the same request again later";
        return new Problem(errorClass, errorClass.status(), title, detail, null, fix, 1, null, null);
    }

    /** @param instance what an operator finds in the log */
    public static Problem internal(String instance) {
        return new Problem(
                ErrorClass.INTERNAL,
                ErrorClass.INTERNAL.status(),
                "Internal error",
                "something failed here; the server's log names it by the instance",
                null,
                "report the instance",
                0,
                null,
                instance);
    }

    /** The same, for a request that may be sent again under this id. */
    public Problem withRequestId(String id) {
        String again = "send the same request again later, with this requestId";
        return new Problem(errorClass, status, title, detail, field, again, retryAfterSeconds, id, instance);
    }

    /** What RFC 9457 calls so: names the class of errors. */
    public String type() {
        return "urn:millrace:problem:" + errorClass.label();
    }

    public byte[] toJson() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
        try (JsonGenerator out = JSON.createGenerator(bytes)) {
            out.writeStartObject();
            out.writeStringField("type", type());
            out.writeStringField("title", title);
            out.writeNumberField("status", status);
            out.writeStringField("detail", cut(detail));
            optional(out, "field", field);
            optional(out, "fix", fix);
            optional(out, "requestId", requestId);
            optional(out, "instance", instance);
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void optional(JsonGenerator out, String name, @Nullable String value) throws IOException {
        if (value != null) {
            out.writeStringField(name, cut(value));
        }
    }

    private static String cut(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "…";
    }
}
