package dev.millrace.load.data;

import dev.millrace.load.client.RankRequest;
import java.util.List;

/**
 * One rank request of a recording and what followed.
 *
 * @param session requests of one session are played one after the other
 * @param timeMs recorded time; it gives the order only
 * @param rank with the recording's own request id, to which a replay adds its run
 * @param actions in order, each with a candidate of the request
 * @param before profiles to be stored before the request is sent
 */
public record RecordedRequest(
        String session, long timeMs, RankRequest rank, List<RecordedAction> actions, List<RecordedProfile> before) {
    public RecordedRequest {
        actions = List.copyOf(actions);
        before = List.copyOf(before);
    }
}
