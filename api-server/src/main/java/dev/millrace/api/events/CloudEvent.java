package dev.millrace.api.events;

import dev.millrace.api.json.JsonIn;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One event in the JSON format of CloudEvents 1.0.2 (structured mode), as it is read. Its {@code id} and {@code time} are
 * the action's, and its {@code type} and {@code subject} (the item) unless the data says otherwise. Extensions are read
 * over.
 */
final class CloudEvent {
    private static final List<String> DATA_KEYS = List.of("type", "requestId", "item", "value");
    private static final Pattern EXTENSION = Pattern.compile("[a-z0-9]{1,64}");
    private static final int MAX_TEXT = 2048;
    private static final String VERSION = "1.0";

    private final EventTime time;
    private @Nullable String id;
    private @Nullable String source;
    private @Nullable String version;
    private @Nullable String type;
    private @Nullable String subject;
    private @Nullable Data data;
    private long timeMs;

    private CloudEvent(EventTime time) {
        this.time = time;
        timeMs = time.nowMs();
    }

    /** What {@code data} holds. */
    private record Data(
            @Nullable String type,
            @Nullable String requestId,
            @Nullable String item,
            double value) {}

    static NewEvent read(JsonIn in, EventTime time) throws IOException {
        CloudEvent event = new CloudEvent(time);
        in.members(name -> event.attribute(in, name));
        return event.action(in);
    }

    private void attribute(JsonIn in, String name) throws IOException {
        switch (name) {
            case "id" -> id = in.id();
            case "source" -> source = in.text(1, MAX_TEXT);
            case "specversion" -> version = version(in);
            case "type" -> type = in.text(1, EventsReader.MAX_TYPE);
            case "subject" -> subject = in.id();
            case "time" -> timeMs = time.read(in);
            case "datacontenttype" -> contentType(in);
            case "dataschema" -> in.skip();
            case "data" -> data = data(in);
            default -> extension(in, name);
        }
    }

    private static String version(JsonIn in) throws IOException {
        String version = in.text(1, MAX_TEXT);
        if (!version.equals(VERSION)) {
            throw in.invalid("is '" + version + "'", "send \"" + VERSION + "\"");
        }
        return version;
    }

    private static void contentType(JsonIn in) throws IOException {
        String type = in.text(1, MAX_TEXT).split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!type.equals("application/json") && !type.endsWith("+json")) {
            throw in.invalid("is '" + type + "'", "send the data as application/json");
        }
    }

    private static void extension(JsonIn in, String name) throws IOException {
        boolean plain = in.isText() || in.isNumber() || in.isBoolean() || in.isNull();
        if (!EXTENSION.matcher(name).matches() || !plain) {
            throw in.invalid(
                    "is no attribute of a CloudEvent",
                    "send an extension with a name of a-z and 0-9 and a plain value, or put it into data");
        }
    }

    private static Data data(JsonIn in) throws IOException {
        String[] texts = new String[3];
        double[] value = {1};
        in.object(DATA_KEYS, name -> {
            switch (name) {
                case "type" -> texts[0] = in.text(1, EventsReader.MAX_TYPE);
                case "requestId" -> texts[1] = in.id();
                case "item" -> texts[2] = in.id();
                default -> value[0] = in.number();
            }
        });
        return new Data(texts[0], texts[1], texts[2], value[0]);
    }

    private NewEvent action(JsonIn in) {
        require(in, "specversion", version, "send \"" + VERSION + "\"");
        require(in, "source", source, "send a URI of whatever made the event");
        String eventId = require(in, "id", id, "send an id that no other event has");
        String eventType = require(in, "type", type, "what the person did, like \"click\"");
        Data given = data == null ? new Data(null, null, null, 1) : data;
        String item = given.item() == null ? subject : given.item();
        return new NewEvent(
                in.path(),
                eventId,
                given.type() == null ? eventType : given.type(),
                require(in, "data.requestId", given.requestId(), "send the id of the rank answer that showed the item"),
                require(in, "data.item", item, "send the id of the item, here or as subject"),
                given.value(),
                timeMs);
    }

    private static String require(JsonIn in, String name, @Nullable String value, String fix) {
        if (value == null) {
            throw in.missing(name, fix);
        }
        return value;
    }
}
