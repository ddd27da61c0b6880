package dev.millrace.load.simulate;

import dev.millrace.load.client.Candidate;
import dev.millrace.load.client.Event;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.RankAnswer;
import dev.millrace.load.client.RankRequest;
import dev.millrace.load.client.Trace;
import dev.millrace.load.client.TraceStatus;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import it.unimi.dsi.fastutil.ints.IntSet;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;

/** Plays one person after the other: is ranked for, looks, clicks what it likes, waits for what that changed, rests. */
final class DemoPlayer {
    private static final Duration TRACE_WAIT = Duration.ofSeconds(5);
    private static final int REACTION_LEAST_MS = 50;
    private static final int REACTION_MOST_MS = 350;

    private final MillraceClient client;
    private final DemoOptions options;
    private final World world;
    private final DemoStats stats;
    private final InstantSource clock;
    private final String name;
    private final SplittableRandom random;
    private long turns;

    DemoPlayer(
            MillraceClient client,
            DemoOptions options,
            World world,
            DemoStats stats,
            InstantSource clock,
            String run,
            int number) {
        this.client = client;
        this.options = options;
        this.world = world;
        this.stats = stats;
        this.clock = clock;
        this.name = run + "-" + number;
        this.random = new SplittableRandom(options.seed() + 1_000_003L * (number + 1));
    }

    static String userId(int user) {
        return "u" + user;
    }

    static String itemId(int item) {
        return "i" + item;
    }

    void play(BooleanSupplier stopped) throws InterruptedException {
        double turnNs = 1e9 * options.players() / options.ratePerSecond();
        // Not all at once.
        Thread.sleep(Duration.ofNanos((long) (random.nextDouble() * turnNs)));
        while (!stopped.getAsBoolean()) {
            long startNs = System.nanoTime();
            stats.add(turn());
            long restNs = startNs + (long) (-Math.log(1 - random.nextDouble()) * turnNs) - System.nanoTime();
            Thread.sleep(Duration.ofNanos(Math.max(0, restNs)));
        }
    }

    private Turn turn() throws InterruptedException {
        int user = random.nextInt(world.users());
        int device = random.nextInt(World.DEVICES.size());
        int[] candidates = candidates();
        double seconds = clock.millis() / 1e3;
        RankRequest request = new RankRequest(
                name + "-" + turns++,
                userId(user),
                null,
                Map.of("device", World.DEVICES.get(device)),
                Arrays.stream(candidates)
                        .mapToObj(item -> Candidate.of(itemId(item)))
                        .toList(),
                options.limit());
        long sentNs = System.nanoTime();
        RankAnswer answer = client.rank(options.model(), request);
        long rankNs = System.nanoTime() - sentNs;

        List<RankAnswer.Ranked> shown = answer.items();
        double[] scores = new double[shown.size()];
        boolean[] clicked = new boolean[shown.size()];
        double top = 0;
        for (int k = 0; k < scores.length; k++) {
            scores[k] = shown.get(k).score();
            double click = world.click(user, itemOf(shown.get(k)), device, seconds);
            top = k == 0 ? click : top;
            clicked[k] = random.nextDouble() < click / (1 + options.positionBias() * k);
        }
        double sum = 0;
        double best = 0;
        for (int item : candidates) {
            double click = world.click(user, item, device, seconds);
            sum += click;
            best = Math.max(best, click);
        }
        long freshnessNs = click(request, shown, clicked);
        return new Turn(System.nanoTime(), rankNs, scores, clicked, top, sum / candidates.length, best, freshnessNs);
    }

    private static int itemOf(RankAnswer.Ranked shown) {
        return Integer.parseInt(shown.item().substring(1));
    }

    private int[] candidates() {
        IntSet drawn = new IntOpenHashSet(options.candidates());
        int[] candidates = new int[options.candidates()];
        for (int i = 0; i < candidates.length; ) {
            int item = random.nextInt(world.items());
            if (drawn.add(item)) {
                candidates[i++] = item;
            }
        }
        return candidates;
    }

    /** Posts the clicks after a moment; nanoseconds until serving has learned of the last, or −1. */
    private long click(RankRequest request, List<RankAnswer.Ranked> shown, boolean[] clicked)
            throws InterruptedException {
        List<String> items = new ArrayList<>();
        for (int k = 0; k < clicked.length; k++) {
            if (clicked[k]) {
                items.add(shown.get(k).item());
            }
        }
        if (items.isEmpty()) {
            return -1;
        }
        Thread.sleep(random.nextInt(REACTION_LEAST_MS, REACTION_MOST_MS));
        long nowMs = clock.millis();
        List<Event> events = items.stream()
                .map(item ->
                        new Event(request.requestId() + "-" + item, "click", request.requestId(), item, null, nowMs))
                .toList();
        long postedNs = System.nanoTime();
        client.events(events);
        Optional<Trace> trace = client.trace(events.getLast().id(), TRACE_WAIT);
        if (trace.isPresent() && trace.get().status() == TraceStatus.SERVED) {
            return System.nanoTime() - postedNs;
        }
        stats.untraced.increment();
        return -1;
    }
}
