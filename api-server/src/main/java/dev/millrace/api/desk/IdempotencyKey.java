package dev.millrace.api.desk;

import dev.millrace.api.events.NewEvent;
import dev.millrace.api.json.Ids;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code Idempotency-Key} header (draft-ietf-httpapi-idempotency-key-header): what has no id of its own gets one made of
 * the key, so that the same request again is known by it.
 */
public final class IdempotencyKey {
    public static final String HEADER = "Idempotency-Key";

    private IdempotencyKey() {}

    /** The key, without the quotes that the draft puts around it; null when none was sent. */
    public static @Nullable String of(@Nullable String header) {
        if (header == null) {
            return null;
        }
        boolean quoted = header.length() >= 2 && header.startsWith("\"") && header.endsWith("\"");
        return Ids.check(HEADER, quoted ? header.substring(1, header.length() - 1) : header);
    }

    /** Events without an id get the key and their place. */
    public static List<NewEvent> named(List<NewEvent> events, @Nullable String header) {
        String key = of(header);
        if (key == null) {
            return events;
        }
        List<NewEvent> named = new ArrayList<>(events.size());
        for (int i = 0; i < events.size(); i++) {
            NewEvent event = events.get(i);
            String id = event.id() == null ? Ids.check(HEADER, key + "." + i) : event.id();
            named.add(new NewEvent(
                    event.path(), id, event.type(), event.requestId(), event.item(), event.value(), event.timeMs()));
        }
        return named;
    }
}
