package dev.millrace.load.data;

import dev.millrace.load.client.RankRequest;
import dev.millrace.load.data.RecordedProfile.Side;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * MIND: each impression is one request with all that was shown, and a {@code click} for each that was clicked. From
 * {@code behaviors.tsv}, with the user's earlier clicks as the profile attribute {@code history}; else from
 * {@code impressions_by_time.csv}, which has none. Order: by time (read as UTC), ties by impression id.
 */
final class MindReader {
    /** A profile's lists are bounded: the latest count. */
    private static final int HISTORY = 50;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("M/d/yyyy h:mm:ss a", Locale.US);

    /** One impression while it is read. */
    private record Shown(long impression, String user, long timeMs, List<String> items, List<String> clicked) {
        RecordedRequest request() {
            List<RecordedAction> clicks = clicked.stream()
                    .map(item -> RecordedAction.of(item, "click"))
                    .toList();
            return new RecordedRequest(user, timeMs, RankRequest.of("i" + impression, user, items), clicks, List.of());
        }
    }

    private MindReader() {}

    static Recording read(Path folder) {
        return Lines.find(folder, "behaviors.tsv")
                .map(MindReader::behaviors)
                .or(() -> Lines.find(folder, "impressions_by_time.csv").map(MindReader::byTime))
                .orElseThrow(() -> new RecordingException(
                        folder + " has neither behaviors.tsv nor impressions_by_time.csv, plain or .gz"));
    }

    private static Recording behaviors(Path file) {
        List<Shown> shown = new ArrayList<>();
        Map<Long, String> histories = new HashMap<>();
        Lines.forEach(file, StandardCharsets.UTF_8, line -> {
            List<String> columns = line.columns('\t', 5);
            long impression = line.number(columns.get(0), "impression id");
            histories.put(impression, columns.get(3));
            Shown one = new Shown(
                    impression, columns.get(1), time(line, columns.get(2)), new ArrayList<>(), new ArrayList<>());
            for (String candidate : columns.get(4).split(" ", -1)) {
                addCandidate(line, one, candidate);
            }
            shown.add(one);
        });
        shown.sort(ORDER);
        return new Recording(profiles(shown, histories), requests(shown));
    }

    private static void addCandidate(Lines.Line line, Shown shown, String candidate) {
        boolean clicked = candidate.endsWith("-1");
        if (candidate.length() < 3 || (!clicked && !candidate.endsWith("-0"))) {
            throw line.bad("candidate '" + candidate + "' should end in -0 or -1");
        }
        String item = candidate.substring(0, candidate.length() - 2);
        shown.items().add(item);
        if (clicked) {
            shown.clicked().add(item);
        }
    }

    private static Recording byTime(Path file) {
        Map<Long, Shown> shown = new LinkedHashMap<>();
        Lines.forEach(file, StandardCharsets.UTF_8, line -> {
            if (line.number() == 1 && line.text().startsWith("ts,")) {
                return;
            }
            List<String> columns = line.columns(',', 8);
            long impression = line.number(columns.get(1), "impression_id");
            long timeMs = line.number(columns.get(0), "ts") * 1000;
            Shown one = shown.computeIfAbsent(
                    impression, id -> new Shown(id, columns.get(2), timeMs, new ArrayList<>(), new ArrayList<>()));
            one.items().add(columns.get(6));
            if (columns.get(7).equals("1")) {
                one.clicked().add(columns.get(6));
            }
        });
        List<Shown> ordered = new ArrayList<>(shown.values());
        ordered.sort(ORDER);
        return new Recording(List.of(), requests(ordered));
    }

    private static final Comparator<Shown> ORDER =
            Comparator.comparingLong(Shown::timeMs).thenComparingLong(Shown::impression);

    private static List<RecordedRequest> requests(List<Shown> shown) {
        return shown.stream().map(Shown::request).toList();
    }

    /** The history as it stood at a user's first impression: the published one does not grow. */
    private static List<RecordedProfile> profiles(List<Shown> shown, Map<Long, String> histories) {
        Map<String, RecordedProfile> profiles = new LinkedHashMap<>();
        for (Shown one : shown) {
            String text = histories.getOrDefault(one.impression(), "");
            List<String> all =
                    text.isBlank() ? List.of() : Arrays.asList(text.strip().split(" ", -1));
            List<String> latest = all.subList(Math.max(0, all.size() - HISTORY), all.size());
            profiles.computeIfAbsent(
                    one.user(), user -> new RecordedProfile(Side.USER, user, Map.of("history", List.copyOf(latest))));
        }
        return List.copyOf(profiles.values());
    }

    private static long time(Lines.Line line, String text) {
        try {
            return LocalDateTime.parse(text, TIME).toInstant(ZoneOffset.UTC).toEpochMilli();
        } catch (DateTimeParseException e) {
            throw line.bad("time is '" + text + "', one like 11/12/2019 2:14:46 PM expected");
        }
    }
}
