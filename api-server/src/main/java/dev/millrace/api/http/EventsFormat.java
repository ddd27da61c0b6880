package dev.millrace.api.http;

import dev.millrace.api.events.EventsReader;
import dev.millrace.api.events.NewEvent;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a post's events are written, by its Content-Type. */
enum EventsFormat {
    JSON("application/json") {
        @Override
        List<NewEvent> read(EventsReader reader, byte[] body) {
            return reader.json(JsonIn.of(body));
        }
    },
    CLOUD_EVENT("application/cloudevents+json") {
        @Override
        List<NewEvent> read(EventsReader reader, byte[] body) {
            return reader.cloudEvent(JsonIn.of(body));
        }
    },
    CLOUD_EVENTS("application/cloudevents-batch+json") {
        @Override
        List<NewEvent> read(EventsReader reader, byte[] body) {
            return reader.cloudEvents(JsonIn.of(body));
        }
    },
    LINES("application/x-ndjson") {
        @Override
        List<NewEvent> read(EventsReader reader, byte[] body) {
            return reader.lines(body);
        }
    };

    private static final int UNSUPPORTED = 415;

    private final String mediaType;

    EventsFormat(String mediaType) {
        this.mediaType = mediaType;
    }

    abstract List<NewEvent> read(EventsReader reader, byte[] body);

    /**
     * @param contentType as it was sent; null, none, is JSON
     * @throws ProblemException (415) for any other type
     */
    static EventsFormat of(@Nullable String contentType) {
        if (contentType == null) {
            return JSON;
        }
        // What follows is a charset, and JSON is UTF-8 whatever that says.
        String essence = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        for (EventsFormat format : values()) {
            if (format.mediaType.equals(essence)) {
                return format;
            }
        }
        throw new ProblemException(Problem.caller(
                UNSUPPORTED,
                "Unsupported Media Type",
                null,
                "events cannot be read as Content-Type '" + contentType + "'",
                "send Content-Type: " + JSON.mediaType + ", or " + LINES.mediaType + " with one event a line, "
                        + CLOUD_EVENT.mediaType + " or " + CLOUD_EVENTS.mediaType));
    }
}
