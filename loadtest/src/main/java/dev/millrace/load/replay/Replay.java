package dev.millrace.load.replay;

import dev.millrace.ingest.spec.Policies.Absence;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.ModelInfo;
import dev.millrace.load.client.Patience;
import dev.millrace.load.console.Screen;
import dev.millrace.load.crew.Crew;
import dev.millrace.load.data.RecordedProfile;
import dev.millrace.load.data.Recording;
import dev.millrace.load.data.RecordingException;
import dev.millrace.load.report.Report;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Plays a recording against a running service and reports. While it runs nobody else should use the model: the report
 * takes what the model learned from before to after as its own.
 */
public final class Replay {
    private static final int PROFILE_LOADERS = 32;
    private static final Duration BETWEEN_UPDATES = Duration.ofMillis(500);
    private static final Duration SETTLE_POLL = Duration.ofMillis(100);

    private final ReplayOptions options;
    private final Screen screen;
    private final InstantSource clock;
    private final Tally tally;

    private Replay(ReplayOptions options, Screen screen, InstantSource clock) {
        this.options = options;
        this.screen = screen;
        this.clock = clock;
        this.tally = new Tally(options.model());
    }

    /**
     * Shows progress on the standard error stream.
     *
     * @throws dev.millrace.load.data.RecordingException if the recording cannot be read
     * @throws dev.millrace.load.client.ClientException if the service refuses a call, or does not answer in time
     */
    public static Report run(ReplayOptions options) throws InterruptedException {
        return run(options, Screen.on(System.err), Clock.systemUTC());
    }

    public static Report run(ReplayOptions options, Screen screen, InstantSource clock) throws InterruptedException {
        return new Replay(options, screen, clock).run();
    }

    private Report run() throws InterruptedException {
        Recording recording = options.dataset().read(options.path()).first(options.limit());
        if (recording.requests().isEmpty()) {
            throw new RecordingException(options.path() + " holds no rank request");
        }
        try (MillraceClient client = new MillraceClient(options.baseUri(), Patience.of(options.patience()))) {
            client.model(options.model());
            if (options.profiles()) {
                load(client, recording.profiles());
            }
            ModelInfo before = client.model(options.model());
            long startNs = System.nanoTime();
            play(client, recording);
            double seconds = (System.nanoTime() - startNs) / 1e9;
            Report report = report(before, settle(client, before), client.retries(), seconds);
            if (options.report() != null) {
                report.write(options.report());
            }
            return report;
        } catch (IOException e) {
            throw new UncheckedIOException("a file of the replay cannot be written: " + e.getMessage(), e);
        }
    }

    private void load(MillraceClient client, List<RecordedProfile> profiles) throws InterruptedException {
        if (profiles.isEmpty()) {
            return;
        }
        long startNs = System.nanoTime();
        try (Crew<RecordedProfile> crew =
                new Crew<>("profiles", PROFILE_LOADERS, profiles, profile -> Player.put(client, profile))) {
            while (!crew.await(BETWEEN_UPDATES)) {
                screen.show(List.of("Storing profiles ..."), "Storing profiles ...");
            }
        }
        double seconds = (System.nanoTime() - startNs) / 1e9;
        screen.line(String.format(Locale.ROOT, "Stored %,d profiles in %.1f s.", profiles.size(), seconds));
    }

    private void play(MillraceClient client, Recording recording) throws InterruptedException, IOException {
        String run = options.run() == null ? runOfNow() : options.run();
        Progress progress = new Progress(screen, recording.requests().size());
        try (Predictions predictions = options.predictions() == null ? null : new Predictions(options.predictions())) {
            Consumer<Played> settled = predictions == null ? played -> {} : predictions::add;
            Player player = new Player(client, options, run, clock, tally, settled);
            var sessions = recording.sessions();
            int players = Math.clamp(sessions.size(), 1, options.users());
            try (var crew = new Crew<>("user", players, sessions, player::play, apart(players))) {
                while (!crew.await(BETWEEN_UPDATES)) {
                    progress.show(tally, client.retries());
                }
            }
        }
        progress.finish(tally, client.retries());
        tally.unlabelled.forEach((type, count) -> screen.line(count + " events of type '" + type
                + "' count for nothing: the model labels "
                + String.join(", ", new TreeSet<>(options.labels().keySet()))));
        if (tally.notShown.sum() > 0) {
            screen.line(tally.notShown.sum() + " recorded actions are on items that a limit kept from being shown.");
        }
    }

    /**
     * Whoever waits for the reward window's end after each request would stay in step for good with all who began with
     * him, and a crowd that asks at one moment knows nothing of each other: people come spread over a window.
     */
    private Duration apart(int players) {
        return options.absence() == Absence.NEGATIVE ? options.rewardWindow().dividedBy(players) : Duration.ZERO;
    }

    /** Waits until the expected samples are learned and stay at that for a moment, or for as long as may be waited. */
    private ModelInfo settle(MillraceClient client, ModelInfo before) throws InterruptedException {
        long startNs = System.nanoTime();
        long expected = tally.expectedSamples.sum();
        long quietSinceNs = startNs;
        ModelInfo now = client.model(options.model());
        while (System.nanoTime() - startNs < options.settle().toNanos()) {
            long learned = now.samplesLearned() - before.samplesLearned();
            if (learned >= expected
                    && System.nanoTime() - quietSinceNs >= options.quiet().toNanos()) {
                return now;
            }
            String text = String.format(Locale.ROOT, "Learned %,d of %,d samples ...", learned, expected);
            screen.show(List.of(text), text);
            Thread.sleep(SETTLE_POLL);
            ModelInfo next = client.model(options.model());
            if (next.samplesLearned() != now.samplesLearned()) {
                quietSinceNs = System.nanoTime();
            }
            now = next;
        }
        return now;
    }

    private Report report(ModelInfo before, ModelInfo after, long retries, double seconds) {
        long learned = after.samplesLearned() - before.samplesLearned();
        long expected = tally.expectedSamples.sum();
        return new Report(
                options.model(),
                tally.requests.sum(),
                tally.events.sum(),
                Math.max(tally.unserved.sum(), expected - learned),
                Math.max(0, learned - expected),
                tally.untraced.sum(),
                tally.quality.quality(),
                tally.newcomers.quality().auc(),
                tally.rank.percentiles(),
                tally.freshness.percentiles(),
                learned,
                after.sampleIdSumBits() - before.sampleIdSumBits(),
                expected,
                tally.expectedSampleIdSum.sum(),
                retries,
                seconds);
    }

    private String runOfNow() {
        return Long.toString(clock.millis(), 36)
                + Long.toString(ProcessHandle.current().pid(), 36);
    }
}
