package dev.millrace.load.data;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A data set as people: profiles that were known from the start, and requests in time order.
 *
 * @param requests in time order, over all people
 */
public record Recording(List<RecordedProfile> profiles, List<RecordedRequest> requests) {
    /** Bound of what is held in memory. */
    public static final int MAX_REQUESTS = 5_000_000;

    public Recording {
        profiles = List.copyOf(profiles);
        requests = List.copyOf(requests);
        if (requests.size() > MAX_REQUESTS) {
            throw new RecordingException(
                    requests.size() + " requests; at most " + MAX_REQUESTS + " are played: split the recording");
        }
    }

    /** The first {@code limit} requests in time order. */
    public Recording first(long limit) {
        return limit >= requests.size() ? this : new Recording(profiles, requests.subList(0, (int) limit));
    }

    /** The people, in the order of their first request. */
    public List<RecordedSession> sessions() {
        Map<String, List<RecordedRequest>> byPerson = new LinkedHashMap<>();
        for (RecordedRequest request : requests) {
            byPerson.computeIfAbsent(request.session(), id -> new ArrayList<>()).add(request);
        }
        return byPerson.entrySet().stream()
                .map(entry -> new RecordedSession(entry.getKey(), entry.getValue()))
                .toList();
    }
}
