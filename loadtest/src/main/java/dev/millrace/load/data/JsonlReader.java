package dev.millrace.load.data;

import dev.millrace.load.client.RankRequest;
import dev.millrace.load.data.JsonlLine.Body;
import dev.millrace.load.data.RecordedProfile.Side;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Anybody's own log: one JSON object a line with a {@code time} and one of {@code user}, {@code item}, {@code rank} or
 * {@code event}, each a body of the API. Lines are played in the order of their times; one without a time counts as
 * at the time of the line before it. Profiles before the first rank are loaded first, a later one just before the next
 * rank that it bears on (that user's, or any with that item). An event names its rank's {@code requestId}; its own
 * {@code id} and {@code time} are replaced by the replay's.
 */
final class JsonlReader {
    private static final int MAX_EVENTS_A_REQUEST = 1000;

    private final List<RecordedProfile> first = new ArrayList<>();
    private final Map<String, Open> byRequestId = new HashMap<>();
    private final List<Open> order = new ArrayList<>();
    private final Map<String, RecordedProfile> waitingUsers = new HashMap<>();
    private final Map<String, RecordedProfile> waitingItems = new HashMap<>();

    /** A request while its events are still to come. */
    private record Open(
            String session, long timeMs, RankRequest rank, List<RecordedAction> actions, List<RecordedProfile> before) {
        RecordedRequest closed() {
            return new RecordedRequest(session, timeMs, rank, actions, before);
        }
    }

    private JsonlReader() {}

    static Recording read(Path file) {
        List<JsonlLine> lines = new ArrayList<>();
        Lines.forEach(file, StandardCharsets.UTF_8, line -> {
            long previousMs = lines.isEmpty() ? 0 : lines.getLast().timeMs();
            lines.add(JsonlLine.parse(line, previousMs));
        });
        lines.sort(Comparator.comparingLong(JsonlLine::timeMs));
        JsonlReader reader = new JsonlReader();
        lines.forEach(reader::add);
        return new Recording(
                reader.first, reader.order.stream().map(Open::closed).toList());
    }

    private void add(JsonlLine line) {
        switch (line.body()) {
            case Body.Profile(RecordedProfile profile) -> addProfile(profile);
            case Body.Rank(RankRequest rank) -> addRank(line, rank);
            case Body.Action(String requestId, RecordedAction action) -> addAction(line, requestId, action);
        }
    }

    private void addProfile(RecordedProfile profile) {
        if (order.isEmpty()) {
            first.add(profile);
        } else {
            (profile.side() == Side.USER ? waitingUsers : waitingItems).put(profile.id(), profile);
        }
    }

    private void addRank(JsonlLine line, RankRequest rank) {
        List<RecordedProfile> before = new ArrayList<>();
        String user = rank.user();
        RecordedProfile ofUser = user == null ? null : waitingUsers.remove(user);
        if (ofUser != null) {
            before.add(ofUser);
        }
        rank.candidates().forEach(candidate -> {
            RecordedProfile ofItem = waitingItems.remove(candidate.item());
            if (ofItem != null) {
                before.add(ofItem);
            }
        });
        // Nobody's request waits for nobody.
        String session = user != null ? "user " + user : "request " + rank.requestId();
        Open open = new Open(session, line.timeMs(), rank, new ArrayList<>(), before);
        if (byRequestId.put(rank.requestId(), open) != null) {
            throw line.bad("rank.requestId '" + rank.requestId() + "' is there twice");
        }
        order.add(open);
    }

    private void addAction(JsonlLine line, String requestId, RecordedAction action) {
        Open open = byRequestId.get(requestId);
        if (open == null) {
            throw line.bad("event.requestId '" + requestId + "' names no rank before it");
        }
        if (open.rank().candidates().stream().noneMatch(one -> one.item().equals(action.item()))) {
            throw line.bad("event.item '" + action.item() + "' is no candidate of rank '" + requestId + "'");
        }
        if (open.actions().size() == MAX_EVENTS_A_REQUEST) {
            throw line.bad("more than " + MAX_EVENTS_A_REQUEST + " events of rank '" + requestId + "'");
        }
        open.actions().add(action);
    }
}
