package dev.millrace.load.data;

import dev.millrace.load.client.RankRequest;
import dev.millrace.load.data.RecordedProfile.Side;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * MovieLens 100K: each rating is a request with that movie as its only candidate, and a {@code like} (rating ≥ 4) or a
 * {@code dislike}. Order: by time, ties as in the file.
 */
final class MovieLensReader {
    private static final int GENRES_FROM = 5;
    private static final int LIKED_FROM = 4;
    private static final Pattern YEAR = Pattern.compile("\\((\\d{4})\\)\\s*$");

    private MovieLensReader() {}

    static Recording read(Path folder) {
        List<RecordedProfile> profiles = new ArrayList<>(users(folder));
        profiles.addAll(items(folder));
        return new Recording(profiles, ratings(folder));
    }

    private static List<RecordedRequest> ratings(Path folder) {
        List<RecordedRequest> requests = new ArrayList<>();
        Lines.forEach(Lines.require(folder, "u.data"), StandardCharsets.ISO_8859_1, line -> {
            List<String> columns = line.columns('\t', 4);
            String user = columns.get(0);
            String movie = columns.get(1);
            String action = line.number(columns.get(2), "rating") >= LIKED_FROM ? "like" : "dislike";
            long timeMs = line.number(columns.get(3), "timestamp") * 1000;
            RankRequest rank = RankRequest.of("r" + line.number(), user, List.of(movie));
            requests.add(new RecordedRequest(user, timeMs, rank, List.of(RecordedAction.of(movie, action)), List.of()));
        });
        // A stable sort: ties stay as they stand in the file.
        requests.sort(Comparator.comparingLong(RecordedRequest::timeMs));
        return requests;
    }

    private static List<RecordedProfile> users(Path folder) {
        List<RecordedProfile> users = new ArrayList<>();
        Lines.forEach(Lines.require(folder, "u.user"), StandardCharsets.ISO_8859_1, line -> {
            List<String> columns = line.columns('|', 5);
            users.add(new RecordedProfile(
                    Side.USER,
                    columns.get(0),
                    Map.of(
                            "age", line.number(columns.get(1), "age"),
                            "gender", columns.get(2),
                            "occupation", columns.get(3),
                            "zip", columns.get(4))));
        });
        return users;
    }

    private static List<RecordedProfile> items(Path folder) {
        Map<Integer, String> genres = genres(folder);
        List<RecordedProfile> items = new ArrayList<>();
        Lines.forEach(Lines.require(folder, "u.item"), StandardCharsets.ISO_8859_1, line -> {
            List<String> columns = line.columns('|', GENRES_FROM + genres.size());
            Map<String, Object> features = new HashMap<>();
            features.put("title", columns.get(1));
            features.put(
                    "genres",
                    genres.entrySet().stream()
                            .filter(genre ->
                                    columns.get(GENRES_FROM + genre.getKey()).equals("1"))
                            .map(Map.Entry::getValue)
                            .toList());
            Matcher year = YEAR.matcher(columns.get(1));
            if (year.find()) {
                features.put("year", Integer.parseInt(year.group(1)));
            }
            items.add(new RecordedProfile(Side.ITEM, columns.get(0), features));
        });
        return items;
    }

    private static Map<Integer, String> genres(Path folder) {
        Map<Integer, String> genres = new TreeMap<>();
        Lines.forEach(Lines.require(folder, "u.genre"), StandardCharsets.ISO_8859_1, line -> {
            List<String> columns = line.columns('|', 2);
            genres.put((int) line.number(columns.get(1), "genre number"), columns.get(0));
        });
        return genres;
    }
}
