package dev.millrace.api.candidate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.HandClock;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.spec.Labels;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CandidateIndexTest {
    private static final long NOW = 1_700_000_000_000L;
    private static final Labels LABELS = new Labels(
            Map.of(
                    "like", new Labels.Amount(1),
                    "dislike", new Labels.Amount(0),
                    "unlike", new Labels.Undo("like"),
                    "watch", new Labels.Measure(0.1, 5)),
            Labels.Aggregate.FIRST);

    private final HandClock clock = new HandClock(NOW);
    private int requests;

    static CandidateConfig config(int items, int people, int recent, int neighbours, int requests) {
        return new CandidateConfig(
                items,
                people,
                recent,
                neighbours,
                requests,
                50,
                50,
                1_000,
                Duration.ofHours(1),
                Duration.ZERO,
                1_000,
                Duration.ofMinutes(1),
                0,
                Duration.ofDays(1),
                1);
    }

    private final CandidateIndex index = new CandidateIndex(config(1_000, 1_000, 20, 20, 1_000), LABELS, clock);

    private void act(CandidateIndex to, String user, String type, String item) {
        String request = "r" + requests++;
        to.shown(request, CandidateIndex.person(user, null));
        to.acted(action(request, type, item));
    }

    private void act(String user, String type, String item) {
        act(index, user, type, item);
    }

    private Action action(String request, String type, String item) {
        return Action.newBuilder()
                .setRequestId(request)
                .setType(type)
                .setItem(item)
                .setValue(20)
                .setTimeMs(clock.millis())
                .build();
    }

    private static long person(String user) {
        return CandidateIndex.person(user, null);
    }

    @Test
    void whatIsLikedIsPopularAndOldLikesFade() {
        for (int i = 0; i < 3; i++) {
            act("u" + i, "like", "old");
        }
        act("u", "watch", "new");
        act("u", "click", "unlabelled");
        act("u", "dislike", "bad");
        assertEquals(List.of("old", "new", "bad"), index.popular());
        // e^-2 · 3 is less than 1.
        clock.advance(Duration.ofHours(2).toMillis());
        act("v", "like", "fresh");
        assertEquals(List.of("fresh", "old", "new", "bad"), index.popular());
        assertEquals("fresh", index.recent().getFirst());
        act("v", "unlike", "fresh");
        assertEquals("old", index.popular().getFirst());
        // So long that the landmark moves.
        clock.advance(Duration.ofDays(10).toMillis());
        act("w", "like", "bad");
        assertEquals("bad", index.popular().getFirst());
        assertEquals(4, index.size());
    }

    @Test
    void whatIsLikedByTheSamePeopleIsLikedTogether() {
        for (String user : List.of("a", "b", "c")) {
            act(user, "like", "tea");
            act(user, "like", "cup");
        }
        act("d", "like", "tea");
        act("d", "like", "nail");
        act("e", "like", "tea");
        act("e", "dislike", "saw");
        assertEquals(List.of("cup", "nail"), index.together(person("e")).subList(0, 2));
        assertEquals(Set.of("tea", "saw"), index.seen(person("e")));
        assertEquals(List.of("tea"), index.liked(person("e")));
        assertEquals(List.of(), index.together(person("nobody")));
        act("e", "unlike", "tea");
        assertEquals(List.of(), index.together(person("e")));
    }

    @Test
    void anActionMayComeBeforeItsImpression() {
        index.acted(action("early", "like", "a"));
        assertEquals(List.of(), index.popular());
        index.shown("early", person("u"));
        assertEquals(List.of("a"), index.popular());
        assertEquals(List.of("a"), index.liked(person("u")));
    }

    @Test
    void aSessionIsAPersonWhereNoUserIsNamed() {
        index.shown("s", CandidateIndex.person("", "s1"));
        index.acted(action("s", "like", "a"));
        assertEquals(Set.of("a"), index.seen(CandidateIndex.person(null, "s1")));
        assertEquals(Set.of(), index.seen(CandidateIndex.person("s1", null)));
        index.shown("n", CandidateIndex.person("", ""));
        index.acted(action("n", "like", "b"));
        assertEquals(Set.of(), index.seen(CandidateIndex.NOBODY));
    }

    @Test
    void everythingIsBounded() {
        CandidateIndex small = new CandidateIndex(config(50, 10, 5, 4, 20), LABELS, clock);
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            act(small, "u" + random.nextInt(100), "like", "i" + random.nextInt(500));
            act(small, "u" + random.nextInt(100), "like", "hit");
            small.acted(action("never shown " + i, "like", "x"));
        }
        assertEquals(50, small.size());
        assertEquals("hit", small.popular().getFirst());
        int known = 0;
        for (int i = 0; i < 100; i++) {
            Set<String> seen = small.seen(person("u" + i));
            assertTrue(seen.size() <= 5, () -> "" + seen);
            known += seen.isEmpty() ? 0 : 1;
        }
        assertEquals(10, known);
    }

    @Test
    void whatIsDeletedIsGoneAndWhatIsStoredIsKnown() {
        index.known("stored", NOW);
        act("u", "like", "a");
        act("u", "like", "b");
        index.forget("a");
        assertEquals(List.of("b", "stored"), index.popular());
        act("v", "like", "b");
        assertEquals(List.of(), index.together(person("v")));
    }

    /**
     * People of six tastes with a few hits that all like. One like of each is held back; its group's items beat the hits.
     */
    @Test
    void whatIsLikedTogetherFindsMoreThanWhatIsPopular() {
        CandidateIndex index = new CandidateIndex(config(1_000, 1_000, 20, 50, 1_000), LABELS, clock);
        int found = 0;
        int popular = 0;
        int asked = 0;
        Random random = new Random(42);
        String[] held = new String[600];
        for (int user = 0; user < held.length; user++) {
            Set<String> likes = new HashSet<>();
            while (likes.size() < 8) {
                int taste = random.nextInt(10) < 8 ? user % 6 : random.nextInt(6);
                likes.add(random.nextInt(4) == 0 ? "hit" + random.nextInt(10) : "t" + taste + "-" + random.nextInt(30));
            }
            String mine = "t" + user % 6;
            held[user] = likes.stream()
                    .filter(item -> item.startsWith(mine))
                    .findFirst()
                    .orElse("");
            for (String item : likes) {
                if (!item.equals(held[user])) {
                    act(index, "u" + user, "like", item);
                }
            }
        }
        for (int user = 0; user < held.length; user++) {
            if (!held[user].isEmpty()) {
                asked++;
                Set<String> seen = index.seen(person("u" + user));
                found += top20(index.together(person("u" + user)), seen).contains(held[user]) ? 1 : 0;
                popular += top20(index.popular(), seen).contains(held[user]) ? 1 : 0;
            }
        }
        System.out.printf("seed 42: of %d held back, together found %d, popular %d%n", asked, found, popular);
        assertTrue(asked > 400 && found > 5 * popular, found + " against " + popular + " of " + asked);
    }

    private static List<String> top20(List<String> items, Set<String> seen) {
        return items.stream().filter(item -> !seen.contains(item)).limit(20).toList();
    }
}
