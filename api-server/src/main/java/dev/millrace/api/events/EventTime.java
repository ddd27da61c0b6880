package dev.millrace.api.events;

import dev.millrace.api.json.JsonIn;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.OffsetDateTime;

/**
 * Reads when something happened.
 *
 * @param nowMs of this server's clock
 * @param future how far ahead of that it may be
 */
record EventTime(long nowMs, Duration future) {
    private static final int MAX_TEXT = 64;
    private static final long YEAR_2000_MS = 946_684_800_000L;
    private static final String TIME_FIX = "send milliseconds since the epoch, or text like 2026-01-31T12:00:00Z";

    /** Milliseconds since the epoch, of a number or of text as ISO 8601 and RFC 3339 have it. */
    long read(JsonIn in) throws IOException {
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
        String text = in.text(1, MAX_TEXT);
        try {
            return OffsetDateTime.parse(text).toInstant().toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw in.invalid("is no ISO-8601 time", TIME_FIX);
        }
    }
}
