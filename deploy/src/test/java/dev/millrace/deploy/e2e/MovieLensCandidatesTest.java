package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.candidate.CandidateConfig;
import dev.millrace.api.candidate.CandidateIndex;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.spec.Labels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Real people: what was liked together finds the next film that somebody likes more often than what is popular. */
class MovieLensCandidatesTest {
    private static final int LIKED = 4;
    private static final int SHOWN = 100;
    private static final Labels LABELS =
            new Labels(Map.of("like", new Labels.Amount(1), "dislike", new Labels.Amount(0)), Labels.Aggregate.FIRST);

    private record Rating(String user, String item, int stars, long timeMs) {}

    @Test
    void findsTheNextLikedFilmMoreOftenThanPopularityDoes() throws IOException {
        Optional<Path> folder = Tools.data("movielens-100k");
        assumeTrue(folder.isPresent(), "no movielens-100k in -Dmillrace.data, MILLRACE_DATA or beside the checkout");
        List<Rating> ratings = ratings(folder.orElseThrow().resolve("u.data.gz"));
        Clock end = Clock.fixed(Instant.ofEpochMilli(ratings.getLast().timeMs()), ZoneOffset.UTC);
        CandidateIndex index = new CandidateIndex(CandidateConfig.DEFAULT, LABELS, end);
        int from = ratings.size() / 2;
        int asked = 0;
        int together = 0;
        int popular = 0;
        List<String> best = List.of();
        Map<String, Integer> likes = new HashMap<>();
        Map<String, Set<String>> rated = new HashMap<>();
        for (int i = 0; i < ratings.size(); i++) {
            Rating rating = ratings.get(i);
            long person = CandidateIndex.person(rating.user(), null);
            if (i >= from && rating.stars() >= LIKED && likes.getOrDefault(rating.user(), 0) >= 5 && i % 5 == 0) {
                best = i % 500 == 0 || best.isEmpty() ? index.popular() : best;
                Set<String> seen = rated.getOrDefault(rating.user(), Set.of());
                asked++;
                together += first(index.together(person), seen).contains(rating.item()) ? 1 : 0;
                popular += first(best, seen).contains(rating.item()) ? 1 : 0;
            }
            likes.merge(rating.user(), rating.stars() >= LIKED ? 1 : 0, Integer::sum);
            rated.computeIfAbsent(rating.user(), u -> new HashSet<>()).add(rating.item());
            index.shown("r" + i, person);
            index.acted(Action.newBuilder()
                    .setRequestId("r" + i)
                    .setType(rating.stars() >= LIKED ? "like" : "dislike")
                    .setItem(rating.item())
                    .setTimeMs(rating.timeMs())
                    .build());
        }
        System.out.printf(
                "MovieLens 100K: %d likes asked for; among %d: together %.3f, popular %.3f%n",
                asked, SHOWN, together / (double) asked, popular / (double) asked);
        assertTrue(together > 1.25 * popular, together + " against " + popular + " of " + asked);
    }

    private static List<String> first(List<String> items, Set<String> seen) {
        return items.stream().filter(item -> !seen.contains(item)).limit(SHOWN).toList();
    }

    /** In the order in which they were given; a day is played in an hour, so that popularity fades within a month. */
    private static List<Rating> ratings(Path file) throws IOException {
        long scale = Duration.ofDays(1).dividedBy(Duration.ofHours(1));
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.US_ASCII))) {
            return lines.lines()
                    .map(line -> line.split("\t"))
                    .map(f -> new Rating(f[0], f[1], Integer.parseInt(f[2]), Long.parseLong(f[3]) * 1000 / scale))
                    .sorted(Comparator.comparingLong(Rating::timeMs))
                    .toList();
        }
    }
}
