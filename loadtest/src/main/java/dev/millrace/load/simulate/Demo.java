package dev.millrace.load.simulate;

import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.Patience;
import dev.millrace.load.crew.Crew;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Simulated people against a running service, until the duration is over or {@link #stop} is called by any thread. */
public final class Demo {
    private static final int PROFILE_LOADERS = 16;
    private static final Duration BETWEEN_SNAPSHOTS = Duration.ofSeconds(1);

    private final DemoOptions options;
    private final InstantSource clock;
    private final World world;
    private volatile boolean stopped;

    public Demo(DemoOptions options, InstantSource clock) {
        this.options = options;
        this.clock = clock;
        this.world = new World(
                options.users(), options.items(), options.driftPeriod().toNanos() / 1e9, options.seed());
    }

    /**
     * Runs for the options' duration.
     *
     * @throws dev.millrace.load.client.ClientException if the service refuses a call, or does not answer in time
     */
    public static DemoResult run(DemoOptions options) throws InterruptedException {
        return new Demo(options, Clock.systemUTC()).run(snapshot -> {});
    }

    /** Ends the run within about a second. */
    public void stop() {
        stopped = true;
    }

    /** Stores the profiles, then plays; the listener hears of it on this thread. */
    public DemoResult run(DemoListener listener) throws InterruptedException {
        try (MillraceClient client = new MillraceClient(options.baseUri(), Patience.of(options.patience()))) {
            client.model(options.model());
            storeProfiles(client);
            return play(client, listener);
        }
    }

    private void storeProfiles(MillraceClient client) throws InterruptedException {
        var numbers = IntStream.range(0, Math.max(world.users(), world.items()))
                .boxed()
                .toList();
        try (var crew = new Crew<>("profiles", PROFILE_LOADERS, numbers, number -> {
            if (number < world.users()) {
                client.putUser(DemoPlayer.userId(number), world.userProfile(number));
            }
            if (number < world.items()) {
                client.putItem(DemoPlayer.itemId(number), world.itemProfile(number));
            }
        })) {
            boolean done = false;
            while (!done && !stopped) {
                done = crew.await(BETWEEN_SNAPSHOTS);
            }
        }
    }

    private DemoResult play(MillraceClient client, DemoListener listener) throws InterruptedException {
        long startNs = System.nanoTime();
        DemoStats stats = new DemoStats(startNs);
        String run = Long.toString(clock.millis(), 36);
        var players = IntStream.range(0, options.players())
                .mapToObj(number -> new DemoPlayer(client, options, world, stats, clock, run, number))
                .toList();
        DemoSnapshot early = null;
        try (var crew = new Crew<>("player", options.players(), players, player -> player.play(() -> stopped))) {
            while (!over(startNs)) {
                crew.await(nextLook(startNs));
                DemoSnapshot now = snapshot(client, stats);
                listener.snapshot(now);
                early = early == null && now.elapsed().compareTo(DemoStats.RECENT) >= 0 ? now : early;
            }
            stopped = true;
        }
        DemoSnapshot last = snapshot(client, stats);
        return new DemoResult(early == null ? last : early, last, stats.quality());
    }

    private DemoSnapshot snapshot(MillraceClient client, DemoStats stats) throws InterruptedException {
        var model = client.model(options.model());
        return stats.snapshot(System.nanoTime(), model, client.retries());
    }

    private boolean over(long startNs) {
        return stopped || left(startNs) <= 0;
    }

    private Duration nextLook(long startNs) {
        return Duration.ofNanos(Math.min(BETWEEN_SNAPSHOTS.toNanos(), left(startNs)));
    }

    private long left(long startNs) {
        @Nullable Duration duration = options.duration();
        return duration == null ? TimeUnit.DAYS.toNanos(1) : duration.toNanos() - (System.nanoTime() - startNs);
    }
}
