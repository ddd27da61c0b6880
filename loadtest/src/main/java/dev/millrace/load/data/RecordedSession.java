package dev.millrace.load.data;

import java.util.List;

/** One person's requests in order. */
public record RecordedSession(String id, List<RecordedRequest> requests) {
    public RecordedSession {
        requests = List.copyOf(requests);
    }
}
