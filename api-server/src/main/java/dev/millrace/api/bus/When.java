package dev.millrace.api.bus;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Points in time as people write them. */
public final class When {
    private static final Pattern AGO =
            Pattern.compile("(\\d{1,6})\\s*(s|seconds?|m|min|minutes?|h|hours?|d|days?)(?:\\s+ago)?");
    private static final Map<Character, Duration> UNITS = Map.of(
            's', Duration.ofSeconds(1),
            'm', Duration.ofMinutes(1),
            'h', Duration.ofHours(1),
            'd', Duration.ofDays(1));

    private When() {}

    /**
     * {@code 20 minutes ago}, {@code 90s}, or ISO-8601 like {@code 2026-11-22T09:00:00Z}.
     *
     * @return milliseconds since the epoch; empty when it is none of them
     */
    public static OptionalLong parse(String text, long nowMs) {
        Matcher ago = AGO.matcher(text.strip().toLowerCase(Locale.ROOT));
        if (ago.matches()) {
            Duration unit =
                    Optional.ofNullable(UNITS.get(ago.group(2).charAt(0))).orElseThrow();
            return OptionalLong.of(nowMs - unit.toMillis() * Long.parseLong(ago.group(1)));
        }
        try {
            return OptionalLong.of(Instant.parse(text.strip()).toEpochMilli());
        } catch (DateTimeException e) {
            return OptionalLong.empty();
        }
    }
}
