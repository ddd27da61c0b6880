package dev.millrace.api.arm;

import dev.millrace.api.arm.Leaderboard.Interval;
import dev.millrace.api.arm.Leaderboard.Standing;
import dev.millrace.api.arm.Leaderboard.Versus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One arm's line of a leaderboard as Prometheus meters; labels are models, their arms, and three outcomes. Counters begin
 * anew with another champion. What is not known yet is NaN. Safe for many threads.
 */
public final class ArmMeters {
    private final MeterRegistry registry;
    private final Tags tags;
    private final Supplier<Standing> standing;

    private ArmMeters(MeterRegistry registry, Tags tags, Supplier<Standing> standing) {
        this.registry = registry;
        this.tags = tags;
        this.standing = standing;
    }

    /** Arms do not come and go while a server runs. */
    public static void bind(MeterRegistry registry, Experiments experiments, Clock clock) {
        Boards boards = new Boards(experiments, clock);
        experiments
                .all()
                .forEach(board -> board.arms().forEach(arm -> {
                    Tags tags = Tags.of("model", board.model(), "arm", arm.model());
                    new ArmMeters(registry, tags, () -> boards.standing(board.model(), arm.model())).bind();
                }));
    }

    /** A leaderboard is looked at once for all its meters. */
    private static final class Boards {
        private static final long KEPT_MS = 1_000;

        private final Experiments experiments;
        private final Clock clock;
        private final Map<String, Kept> kept = new ConcurrentHashMap<>();

        private record Kept(long atMs, Leaderboard board) {}

        Boards(Experiments experiments, Clock clock) {
            this.experiments = experiments;
            this.clock = clock;
        }

        Standing standing(String model, String arm) {
            long nowMs = clock.millis();
            Kept made = kept.compute(
                    model,
                    (name, known) -> known != null && Math.abs(nowMs - known.atMs) < KEPT_MS
                            ? known
                            : new Kept(nowMs, experiments.of(name)));
            return Objects.requireNonNull(made).board.arms().stream()
                    .filter(one -> one.model().equals(arm))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private void bind() {
        gauge("champion", "1 where the arm answers", its -> its.role().equals("champion") ? 1.0 : 0.0);
        gauge("share.ratio", "part of the people who fall to a challenger", Standing::share);
        counter("requests", "requests that it scored since this champion", tags, its -> (double) its.requests());
        counter("samples", "samples of these", tags, its -> (double) its.samples());
        gauge("log.loss", "mean log loss of its scores, whoever answered", Standing::logLoss);
        gauge("impression.auc", "mean AUC of requests that got both labels", Standing::impressionAuc);
        interval("click.ratio", "share liked of what it answered", Standing::clickRate);
        interval("log.loss.gain", "the champion's log loss less its own", versus(Versus::logLossGain));
        interval("auc.gain", "impression AUC less the champion's", versus(Versus::aucGain));
        gauge("evidence", "ln of the e-value that it is better", versus(Versus::evidence));
        gauge("evidence.needed", "for being promoted by rule", versus(Versus::needed));
        drafts("win", Leaderboard.Interleaving::wins);
        drafts("loss", Leaderboard.Interleaving::losses);
        drafts("tie", Leaderboard.Interleaving::ties);
    }

    /** Null for the champion, and for whom nobody compares. */
    private static <T> Function<Standing, @Nullable T> versus(Function<Versus, @Nullable T> value) {
        return its -> its.versus() == null ? null : value.apply(its.versus());
    }

    private void drafts(String outcome, Function<Leaderboard.Interleaving, Long> value) {
        Function<Standing, Leaderboard.@Nullable Interleaving> drafts = versus(Versus::interleaving);
        counter(
                "drafts",
                "interleaved requests in which something was liked, by whose draft was liked more",
                tags.and("outcome", outcome),
                its -> {
                    Leaderboard.Interleaving counts = drafts.apply(its);
                    return counts == null ? 0.0 : value.apply(counts).doubleValue();
                });
    }

    private void interval(String name, String says, Function<Standing, @Nullable Interval> interval) {
        bound(name, says, interval, Interval::value);
        bound(name + ".low", says + ": lower end", interval, Interval::low);
        bound(name + ".high", says + ": upper end", interval, Interval::high);
    }

    private void bound(
            String name,
            String says,
            Function<Standing, @Nullable Interval> interval,
            Function<Interval, Double> bound) {
        gauge(name, says, its -> {
            Interval now = interval.apply(its);
            return now == null ? null : bound.apply(now);
        });
    }

    private void gauge(String name, String says, Function<Standing, @Nullable Double> value) {
        Gauge.builder("millrace.arm." + name, standing, its -> orNaN(value.apply(its.get())))
                .description(says)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    private void counter(String name, String says, Tags its, Function<Standing, Double> value) {
        FunctionCounter.builder("millrace.arm." + name, standing, now -> value.apply(now.get()))
                .description(says)
                .tags(its)
                .register(registry);
    }

    private static double orNaN(@Nullable Double value) {
        return value == null ? Double.NaN : value;
    }
}
