package dev.millrace.ingest.profile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.ingest.proto.LiveEntity;
import dev.millrace.ingest.proto.LiveEvent;
import dev.millrace.ingest.proto.LivePosition;
import dev.millrace.ingest.proto.LiveRow;
import dev.millrace.ingest.spec.Decayed;
import dev.millrace.ingest.spec.LastItems;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LiveRowsTest {
    private static final LastItems LIKED = new LastItems("liked", Set.of("like"), 3);
    private static final Decayed RATE = new Decayed(
            "ctr",
            Decayed.Of.USER,
            null,
            Set.of("like"),
            Set.of(Decayed.SHOWN),
            List.of(Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofDays(1)),
            0.1,
            10);
    private static final Decayed COUNT = new Decayed(
            "likes", Decayed.Of.USER, null, Set.of("like"), Set.of(), List.of(Duration.ofHours(1)), 0.1, 10);
    private static final List<LiveFeature<?>> FEATURES =
            List.of(LiveFeature.of(LIKED), LiveFeature.of(RATE), LiveFeature.of(COUNT));
    private static final long START = 1_700_000_000_000L;

    private static LiveEvent event(String type, String item, long timeMs) {
        return LiveEvent.newBuilder()
                .setType(type)
                .setItem(item)
                .setTimeMs(timeMs)
                .build();
    }

    private static LiveRow applied(List<LiveEvent> events) {
        LiveRow row = LiveRow.getDefaultInstance();
        for (int i = 0; i < events.size(); i++) {
            row = Objects.requireNonNull(apply(row, 0, i, events.get(i)));
        }
        return row;
    }

    private static @Nullable LiveRow apply(LiveRow row, int source, long offset, LiveEvent event) {
        LivePosition position =
                LivePosition.newBuilder().setSource(source).setOffset(offset).build();
        return LiveRows.apply(
                row,
                FEATURES,
                position,
                LiveEntity.newBuilder().addEvents(event).build());
    }

    @Test
    void inWhateverOrderEventsComeTheRowIsTheirSums() {
        for (long seed = 1; seed <= 50; seed++) {
            Random random = new Random(seed);
            List<LiveEvent> events = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                String type = List.of("like", Decayed.SHOWN, "other").get(random.nextInt(3));
                events.add(event(type, "i" + random.nextInt(6), START + random.nextInt(7_200_000)));
            }
            Collections.shuffle(events, random);
            LiveRow row = applied(events);
            long now = START + 7_300_000;
            for (int w = 0; w < 3; w++) {
                double window = RATE.windows().get(w).toMillis();
                double likes = sum(events, "like", now, window);
                double shown = sum(events, Decayed.SHOWN, now, window);
                double rate = (likes + 1) / (shown + 10);
                assertEquals(
                        rate, LiveRows.value(LiveRows.part(row, FEATURES.get(1)), RATE, w, now), 1e-9, "seed " + seed);
            }
            double hour = sum(events, "like", now, 3_600_000);
            assertEquals(
                    hour, LiveRows.value(LiveRows.part(row, FEATURES.get(2)), COUNT, 0, now), 1e-9, "seed " + seed);
            List<String> newest = events.stream()
                    .filter(e -> e.getType().equals("like"))
                    .sorted(Comparator.comparingLong(LiveEvent::getTimeMs)
                            .thenComparing(LiveEvent::getItem)
                            .reversed())
                    .map(LiveEvent::getItem)
                    .distinct()
                    .limit(3)
                    .toList();
            List<String> last = LiveRows.part(row, FEATURES.get(0)).getLastList().stream()
                    .map(dev.millrace.ingest.proto.LastItem::getItem)
                    .toList();
            assertEquals(newest, last, "seed " + seed);
        }
    }

    private static double sum(List<LiveEvent> events, String type, long now, double window) {
        return events.stream()
                .filter(e -> e.getType().equals(type))
                .mapToDouble(e -> Math.exp(-(now - e.getTimeMs()) / window))
                .sum();
    }

    @Test
    void whatItHasHadOfASourceChangesNothing() {
        LiveRow row = Objects.requireNonNull(apply(LiveRow.getDefaultInstance(), 1, 7, event("like", "a", START)));
        assertNull(apply(row, 1, 7, event("like", "a", START)));
        assertNull(apply(row, 1, 6, event("like", "b", START)));
        LiveRow other = Objects.requireNonNull(apply(row, 2, 3, event("like", "b", START)));
        assertNull(apply(other, 1, 7, event("like", "a", START)), "it remembers both sources");
    }

    @Test
    void withoutEventsARateIsItsPriorAndACountIsNone() {
        var empty = LiveRows.part(LiveRow.getDefaultInstance(), FEATURES.get(1));
        assertEquals(0.1, LiveRows.value(empty, RATE, 0, START), 1e-12);
        assertEquals(0, LiveRows.value(empty, COUNT, 0, START));
    }

    @Test
    void stateOfAnotherDefinitionIsNotRead() {
        LiveRow row = applied(List.of(event("like", "a", START)));
        LastItems longer = new LastItems("liked", Set.of("like"), 4);
        assertEquals(0, LiveRows.part(row, LiveFeature.of(longer)).getLastCount());
    }

    /** Stored rows are read for good. */
    @Test
    void theCommittedRowIsStillRead() throws IOException {
        LiveRow made = applied(List.of(
                event(Decayed.SHOWN, "", START), event("like", "a", START + 1_000), event("like", "b", START + 2_000)));
        try (InputStream file = Objects.requireNonNull(getClass().getResourceAsStream("live-row-v1.bin"))) {
            byte[] fossil = file.readAllBytes();
            assertEquals(made, LiveRow.parseFrom(fossil));
            assertArrayEquals(fossil, made.toByteArray());
        }
    }
}
