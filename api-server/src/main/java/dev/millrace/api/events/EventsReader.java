package dev.millrace.api.events;

import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.io.IOException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads one event, an array of them, or one a line; 1..{@value #MAX_EVENTS}. */
public final class EventsReader {
    static final int MAX_EVENTS = 1000;

    private static final List<String> KEYS = List.of("id", "type", "requestId", "item", "value", "time");
    private static final int MAX_TYPE = 64;
    private static final long YEAR_2000_MS = 946_684_800_000L;
    private static final String TIME_FIX = "send milliseconds since the epoch, or text like 2026-01-31T12:00:00Z";

    private final Clock clock;
    private final Duration future;

    /** @param future how far ahead of this clock an event's time may be */
    public EventsReader(Clock clock, Duration future) {
        this.clock = clock;
        this.future = future;
    }

    /** {@code application/json}: one object, or an array. */
    public List<NewEvent> json(byte[] body) {
        long nowMs = clock.millis();
        return JsonIn.read(body, in -> {
            if (in.isObject()) {
                return List.of(event(in, nowMs));
            }
            if (!in.isArray()) {
                throw in.wrongType("an event or an array of events");
            }
            List<NewEvent> events = new ArrayList<>();
            in.array(1, MAX_EVENTS, i -> events.add(event(in, nowMs)));
            return events;
        });
    }

    /** {@code application/x-ndjson}: one object a line; empty lines are skipped. */
    public List<NewEvent> lines(byte[] body) {
        long nowMs = clock.millis();
        List<NewEvent> events = new ArrayList<>();
        int start = 0;
        for (int end = 0; end <= body.length; end++) {
            if (end == body.length || body[end] == '\n') {
                if (!blank(body, start, end)) {
                    events.add(line(body, start, end - start, events.size(), nowMs));
                }
                start = end + 1;
            }
        }
        if (events.isEmpty()) {
            throw refused("the body has no event", "send 1.." + MAX_EVENTS + ", one a line");
        }
        return events;
    }

    private NewEvent line(byte[] body, int start, int length, int index, long nowMs) {
        if (index == MAX_EVENTS) {
            throw refused("the body has more than " + MAX_EVENTS + " events", "send 1.." + MAX_EVENTS);
        }
        return JsonIn.read(body, start, length, "[" + index + "]", in -> event(in, nowMs));
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

    private NewEvent event(JsonIn in, long nowMs) throws IOException {
        Draft draft = new Draft(nowMs);
        in.object(KEYS, name -> {
            switch (name) {
                case "id" -> draft.id = in.id();
                case "type" -> draft.type = in.text(1, MAX_TYPE);
                case "requestId" -> draft.requestId = in.id();
                case "item" -> draft.item = in.id();
                case "value" -> draft.value = in.number();
                default -> draft.timeMs = time(in, nowMs);
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

    private long time(JsonIn in, long nowMs) throws IOException {
        long timeMs = in.isText() ? instant(in) : milliseconds(in);
        if (timeMs > nowMs + future.toMillis()) {
            throw in.invalid(
                    "lies " + (timeMs - nowMs) + " ms in the future",
                    "send when it happened, at most " + future.toMillis() + " ms ahead of this server's clock");
        }
        if (timeMs < YEAR_2000_MS) {
            throw in.invalid("lies before the year 2000", "send milliseconds, not seconds, since the epoch");
        }
        return timeMs;
    }

    private static long milliseconds(JsonIn in) throws IOException {
        if (!in.isNumber()) {
            throw in.wrongType(TIME_FIX.substring("send ".length()));
        }
        return in.wholeNumber(0, Long.MAX_VALUE / 2);
    }

    private static long instant(JsonIn in) throws IOException {
        String text = in.text(1, MAX_TYPE);
        try {
            return OffsetDateTime.parse(text).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw in.invalid("is no ISO-8601 time", TIME_FIX);
        }
    }
}
