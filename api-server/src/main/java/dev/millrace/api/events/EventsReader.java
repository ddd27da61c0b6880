package dev.millrace.api.events;

import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one event, an array of them, or one a line; 1..{@value #MAX_EVENTS}. */
public final class EventsReader {
    static final int MAX_EVENTS = 1000;

    private static final List<String> KEYS = List.of("id", "type", "requestId", "item", "value", "time");
    static final int MAX_TYPE = 64;

    private final Clock clock;
    private final Duration future;

    /** @param future how far ahead of this clock an event's time may be */
    public EventsReader(Clock clock, Duration future) {
        this.clock = clock;
        this.future = future;
    }

    /** {@code application/json}: one object, or an array. */
    public List<NewEvent> json(JsonIn.Source body) {
        EventTime time = time();
        return body.read(in -> {
            if (in.isObject()) {
                return List.of(event(in, time));
            }
            if (!in.isArray()) {
                throw in.wrongType("an event or an array of events");
            }
            return all(in, one -> event(one, time));
        });
    }

    /** {@code application/cloudevents+json}: one CloudEvent. */
    public List<NewEvent> cloudEvent(JsonIn.Source body) {
        EventTime time = time();
        return body.read(in -> List.of(CloudEvent.read(in, time)));
    }

    /** {@code application/cloudevents-batch+json}: an array of CloudEvents. */
    public List<NewEvent> cloudEvents(JsonIn.Source body) {
        EventTime time = time();
        return body.read(in -> all(in, one -> CloudEvent.read(one, time)));
    }

    private static List<NewEvent> all(JsonIn in, JsonIn.Reader<NewEvent> one) throws IOException {
        List<NewEvent> events = new ArrayList<>();
        in.array(1, MAX_EVENTS, i -> events.add(one.read(in)));
        return events;
    }

    private EventTime time() {
        return new EventTime(clock.millis(), future);
    }

    /** {@code application/x-ndjson}: one object a line; empty lines are skipped. */
    public List<NewEvent> lines(byte[] body) {
        EventTime time = time();
        List<NewEvent> events = new ArrayList<>();
        int start = 0;
        for (int end = 0; end <= body.length; end++) {
            if (end == body.length || body[end] == '\n') {
                if (!blank(body, start, end)) {
                    events.add(line(body, start, end - start, events.size(), time));
                }
                start = end + 1;
            }
        }
        if (events.isEmpty()) {
            throw refused("the body has no event", "send 1.." + MAX_EVENTS + ", one a line");
        }
        return events;
    }

    private NewEvent line(byte[] body, int start, int length, int index, EventTime time) {
        if (index == MAX_EVENTS) {
            throw refused("the body has more than " + MAX_EVENTS + " events", "send 1.." + MAX_EVENTS);
        }
        return JsonIn.read(body, start, length, "[" + index + "]", in -> event(in, time));
    }

    private static ProblemException refused(String detail, String fix) {
        return new ProblemException(Problem.invalid(null, detail, fix));
    }

    private static boolean blank(byte[] body, int start, int end) {
        for (int i = start; i < end; i++) {
            if (body[i] > ' ' || body[i] < 0) {
                return false;
            }
        }
        return true;
    }

    private NewEvent event(JsonIn in, EventTime time) throws IOException {
        Draft draft = new Draft(time.nowMs());
        in.object(KEYS, name -> {
            switch (name) {
                case "id" -> draft.id = in.id();
                case "type" -> draft.type = in.text(1, MAX_TYPE);
                case "requestId" -> draft.requestId = in.id();
                case "item" -> draft.item = in.id();
                case "value" -> draft.value = in.number();
                default -> draft.timeMs = time.read(in);
            }
        });
        return new NewEvent(
                in.path(),
                draft.id,
                required(in, "type", draft.type, "what the person did, like \"click\""),
                required(in, "requestId", draft.requestId, "the id of the rank answer that showed the item"),
                required(in, "item", draft.item, "the id of the item"),
                draft.value,
                draft.timeMs);
    }

    private static final class Draft {
        private @Nullable String id;
        private @Nullable String type;
        private @Nullable String requestId;
        private @Nullable String item;
        private double value = 1;
        private long timeMs;

        Draft(long nowMs) {
            timeMs = nowMs;
        }
    }

    private static String required(JsonIn in, String name, @Nullable String value, String what) {
        if (value == null) {
            throw in.missing(name, "send " + what);
        }
        return value;
    }
}
