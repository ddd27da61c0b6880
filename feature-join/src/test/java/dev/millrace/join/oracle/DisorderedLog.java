package dev.millrace.join.oracle;

import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * A log and the specs that learn from it, made of a seed: up to three models with any policies; delays up to ten times
 * the longest window, actions before their impression and without one, sent twice, liked twice and un-liked, records in
 * disorder.
 *
 * @param specs YAML, the first of model {@code m}, which is the one that is shown
 * @param maxDisorderMs bound of the disorder that event time allows for
 * @param arrivals in the order of the log, event time among them; the last one ends everything
 */
public record DisorderedLog(long seed, List<String> specs, long maxDisorderMs, List<Arrival> arrivals) {
    private static final long START_MS = 1_000_000;
    private static final long SPAN_MS = 4_000;
    private static final String[] ITEMS = {"a", "b", "c", "d", "e"};
    private static final String[] TYPES = {"like", "like", "like", "dislike", "unlike", "watch", "buy", "share"};

    /**
     * @param prefix of its request ids
     * @param bounded whether no record is further behind than event time allows for, so that the outcome follows from
     *     the log alone
     */
    public static DisorderedLog of(long seed, String prefix, boolean bounded) {
        Random random = new Random(seed);
        int models = 1 + random.nextInt(3);
        List<String> specs = new ArrayList<>();
        for (int i = 0; i < models; i++) {
            specs.add(spec(random, i));
        }
        return of(seed, prefix, bounded, specs, random);
    }

    /** With given specs. */
    public static DisorderedLog of(long seed, String prefix, boolean bounded, List<String> specs) {
        return of(seed, prefix, bounded, specs, new Random(seed));
    }

    private static DisorderedLog of(long seed, String prefix, boolean bounded, List<String> specs, Random random) {
        long maxDisorderMs = bounded ? 3_000 : random.nextInt(200);
        List<Arrival> events = new ArrayList<>();
        int requests = 6 + random.nextInt(8);
        for (int i = 0; i < requests; i++) {
            request(random, prefix + seed + "-" + i, START_MS + random.nextInt((int) SPAN_MS), events);
        }
        return new DisorderedLog(seed, specs, maxDisorderMs, disordered(random, events, maxDisorderMs, bounded));
    }

    /** A spec of any policies. The window is 100..1000 ms. */
    static String spec(Random random, int number) {
        boolean immediate = random.nextInt(3) == 0;
        boolean undo = random.nextBoolean();
        String labels = immediate
                ? "{like: 1, dislike: 0, watch: {perUnit: 0.1, atMost: 1}%s}"
                : "{like: 1, dislike: -2, watch: {perUnit: 0.25, atMost: 5}, buy: 5%s}";
        return """
            model: %s
            learnsFrom: m
            objective: logistic
            labels: %s
            aggregate: %s
            rewardWindow: %dms
            slots: {item: {type: category, from: item.id}}
            policies: {absence: %s, delay: %s, late: %s, lateness: %dms, keepNegatives: %s}
            """.formatted(
                        number == 0 ? "m" : "m" + number,
                        labels.formatted(undo ? ", unlike: {undoes: like}" : ""),
                        List.of("first", "max", "sum").get(random.nextInt(3)),
                        100 + random.nextInt(10) * 100,
                        immediate || random.nextInt(3) > 0 ? "negative" : "drop",
                        immediate ? "immediate" : "wait",
                        random.nextBoolean() ? "drop" : "correct",
                        random.nextInt(4) * 300,
                        List.of("1", "0.5").get(random.nextInt(2)));
    }

    private static void request(Random random, String id, long shownMs, List<Arrival> events) {
        Impression.Builder impression = Impression.newBuilder()
                .setRequestId(id)
                .setModel("m")
                .setUser("u")
                .setTimeMs(shownMs);
        int items = 1 + random.nextInt(4);
        for (int i = 0; i < items; i++) {
            impression.addItems(ShownItem.newBuilder()
                    .setItem(ITEMS[random.nextInt(ITEMS.length)])
                    .setScore(0.5f));
        }
        if (random.nextInt(8) > 0) {
            events.add(Arrival.of(impression.build()));
            if (random.nextInt(6) == 0) {
                events.add(Arrival.of(impression.build()));
            }
        }
        int actions = random.nextInt(7);
        for (int i = 0; i < actions; i++) {
            act(random, id, i, shownMs, events);
        }
    }

    private static void act(Random random, String request, int number, long shownMs, List<Arrival> events) {
        // Most within the windows, some before the impression, a few up to ten windows later or three earlier.
        long delayMs = switch (random.nextInt(20)) {
            case 0, 1 -> random.nextInt(10_000);
            case 2 -> -random.nextInt(3_000);
            default -> random.nextInt(1_200) - 60;
        };
        Action action = Action.newBuilder()
                .setId(request + "." + number)
                .setType(TYPES[random.nextInt(TYPES.length)])
                .setRequestId(request)
                .setItem(ITEMS[random.nextInt(ITEMS.length)])
                .setValue(random.nextInt(40))
                .setTimeMs(shownMs + delayMs + random.nextInt(300) - 200)
                .setAcceptedMs(shownMs + delayMs)
                .build();
        events.add(Arrival.of(action));
        while (random.nextInt(5) == 0) {
            events.add(Arrival.of(action.toBuilder()
                    .setAcceptedMs(action.getAcceptedMs() + random.nextInt(1_500))
                    .build()));
        }
    }

    /** A retry comes while the request is remembered: a request id is used once. */
    private static boolean isCopied(Arrival event, List<Arrival> events) {
        return event.impression() != null
                && events.stream().filter(event::equals).count() > 1;
    }

    /** Each record stands where its stamp says, or later. */
    private static List<Arrival> disordered(Random random, List<Arrival> events, long maxDisorderMs, boolean bounded) {
        record Placed(long placeMs, int number, Arrival event) {}
        List<Placed> placed = new ArrayList<>();
        for (Arrival event : events) {
            long lateMs = random.nextInt(3) == 0 ? random.nextInt((int) maxDisorderMs + 1) : 0;
            if (!bounded && random.nextInt(12) == 0 && !isCopied(event, events)) {
                lateMs = random.nextInt(10_000);
            }
            placed.add(new Placed(event.stampMs() + lateMs, placed.size(), event));
        }
        placed.sort(Comparator.comparingLong(Placed::placeMs).thenComparing(Placed::number));
        List<Arrival> arrivals = new ArrayList<>();
        long latestMs = Long.MIN_VALUE;
        long watermarkMs = Long.MIN_VALUE;
        for (Placed each : placed) {
            arrivals.add(each.event());
            latestMs = Math.max(latestMs, each.event().stampMs());
            if (random.nextInt(3) == 0 && latestMs - maxDisorderMs - 1 > watermarkMs) {
                watermarkMs = latestMs - maxDisorderMs - 1;
                arrivals.add(Arrival.watermark(watermarkMs));
            }
        }
        arrivals.add(Arrival.watermark(Long.MAX_VALUE));
        return arrivals;
    }
}
