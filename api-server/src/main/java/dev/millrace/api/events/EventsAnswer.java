package dev.millrace.api.events;

import io.micronaut.serde.annotation.Serdeable;
import java.util.List;

/** What became of a post: each event, in its order. */
@Serdeable
public record EventsAnswer(int accepted, int duplicates, List<One> events) {
    static final String ACCEPTED = "accepted";
    static final String DUPLICATE = "duplicate";

    public EventsAnswer {
        events = List.copyOf(events);
    }

    /** @param status {@code accepted}: the log has it now; {@code duplicate}: the log had its id before */
    @Serdeable
    public record One(String id, String status) {}
}
