package dev.millrace.api.monitor;

import dev.millrace.api.log.Tail;
import dev.millrace.api.monitor.quality.Quality;
import dev.millrace.api.problem.ErrorClass;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.trace.Status;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The monitor's numbers as Prometheus meters; labels are models, stages, outcomes and classes, all of them few. */
public final class MonitorMeters {
    private static final Duration[] RANK_BUCKETS = milliseconds(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000);
    private static final Duration[] FRESHNESS_BUCKETS =
            milliseconds(10, 25, 50, 100, 200, 300, 500, 1000, 2000, 5000, 10_000, 30_000);
    private static final double MS_A_SECOND = 1000;

    private final MeterRegistry registry;
    private final Clock clock;

    public MonitorMeters(MeterRegistry registry, Clock clock) {
        this.registry = registry;
        this.clock = clock;
    }

    private static Duration[] milliseconds(long... values) {
        return java.util.Arrays.stream(values).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
    }

    /** Registers everything. */
    public void bind(Map<String, WeightServer> models, Monitor monitor, Snapshots snapshots, ErrorCounts errors) {
        models.forEach((name, weights) -> {
            Tags tags = Tags.of("model", name);
            weights(tags, weights);
            parity(tags, weights);
            traffic(tags, monitor.model(name));
            quality(name, snapshots);
            weights.spec().heads().names().forEach(head -> head(name, head, snapshots));
        });
        outcomes(monitor);
        String classes = "problems answered, by error class";
        for (ErrorClass errorClass : ErrorClass.values()) {
            counter("errors", classes, Tags.of("class", errorClass.label()), errors, e -> e.get(errorClass));
        }
        monitor.recordTo((model, stage, ms) -> freshness(model, stage).record(Duration.ofMillis(ms)));
    }

    /** Registers the tail's. */
    public void bind(Tail tail) {
        String skipped = "records that this server could not read, and passed over";
        counter("tail.skipped", skipped, Tags.empty(), tail, Tail::skipped);
    }

    /** Registers those of a model's real-time features. */
    public void bind(String model, LiveStats live) {
        Tags tags = Tags.of("model", model);
        Timer fresh = Timer.builder("millrace.profile.freshness")
                .description("from an accepted action until the profile store has the real-time features made of it")
                .tags(tags)
                .serviceLevelObjectives(FRESHNESS_BUCKETS)
                .register(registry);
        live.recordTo(ms -> fresh.record(Duration.ofMillis(ms)));
        counter("profile.rows", "rows of real-time features written", tags, live, LiveStats::applied);
        counter("profile.repeated", "events that came to them again", tags, live, LiveStats::repeated);
        counter("profile.unmatched", "actions whose request did not show it", tags, live, LiveStats::unmatched);
        counter("profile.unreadable", "records that could not be read", tags, live, LiveStats::unreadable);
        counter("profile.forgotten", "rows deleted after a long silence", tags, live, LiveStats::forgotten);
    }

    private void traffic(Tags tags, ModelMonitor model) {
        counter("ranks", "rank requests answered", tags, model.ranks(), Rate::total);
        counter("candidates", "candidates of the rank requests answered", tags, model.candidates(), Rate::total);
        counter("samples", "distinct samples seen on the log since the start", tags, model.samples(), Rate::total);
    }

    private void outcomes(Monitor monitor) {
        String ends = "actions that made no label, by reason";
        for (Status end : Status.values()) {
            if (end.isEnd()) {
                counter("outcomes", ends, Tags.of("outcome", end.label()), monitor, m -> m.outcome(end));
            }
        }
        String posts = "events posted here, by what became of them";
        counter("events", posts, Tags.of("status", "accepted"), monitor.events(), Rate::total);
        counter("events", posts, Tags.of("status", "duplicate"), monitor, Monitor::duplicatePosts);
        counter("unreadable", "records that the join could not read", Tags.empty(), monitor, Monitor::unreadable);
    }

    /** Time of one model's rank requests that end so, from the body to the answer or refusal. */
    public Timer rankTimer(String model, RankOutcome outcome) {
        return Timer.builder("millrace.rank")
                .description("time to answer or refuse a rank request, the log's acknowledgement included, by outcome")
                .tags("model", model, "outcome", outcome.label())
                .serviceLevelObjectives(RANK_BUCKETS)
                .register(registry);
    }

    private Timer freshness(String model, FreshnessStage stage) {
        return Timer.builder("millrace.freshness")
                .description("from an accepted action to a score served with it, by stage")
                .tags("model", model, "stage", stage.label())
                .serviceLevelObjectives(FRESHNESS_BUCKETS)
                .register(registry);
    }

    private void weights(Tags tags, WeightServer weights) {
        gauge(
                "model.version",
                "sequence of the delta that serves",
                tags,
                weights,
                w -> w.version().sequence());
        gauge("model.rows", "rows that serve", tags, weights, w -> w.version().rows());
        gauge("model.caught.up", "1 once the weights have caught up", tags, weights, w -> w.caughtUp() ? 1 : 0);
        gauge(
                "weights.age.seconds",
                "since the learner made the delta that serves",
                tags,
                weights,
                w -> age(w.version()));
        gauge(
                "learning.lag.seconds",
                "how far event time in the weights that serve lies behind now; grows while the loop stands still",
                tags,
                weights,
                w -> lag(w.version()));
        gauge(
                "model.samples",
                "distinct samples in the weights that serve; falls when they go back to an older version",
                tags,
                weights,
                w -> w.version().samples());
        Growth learned = new Growth(weights.version().samples());
        Growth duplicates = new Growth(weights.version().duplicateSamples());
        weights.onApplied(version -> {
            learned.to(version.samples());
            duplicates.to(version.duplicateSamples());
        });
        counter("samples.learned", "samples that the weights that serve have learned", tags, learned, Growth::total);
        counter(
                "samples.duplicate",
                "samples that came again and were not learned again",
                tags,
                duplicates,
                Growth::total);
    }

    private void parity(Tags tags, WeightServer weights) {
        gauge(
                "parity.equal",
                "1 while the weights that serve equal training's, 0 while they differ, NaN while that is not known",
                tags,
                weights,
                w -> equal(w.parity()));
        counter(
                "parity.mismatches",
                "comparisons with training that found a difference",
                tags,
                weights,
                w -> w.parity().stream().mapToLong(ShardParity::mismatches).sum());
        counter(
                "parity.mends",
                "times that the rows of a shard were taken from a snapshot because they differed",
                tags,
                weights,
                w -> w.parity().stream().mapToLong(ShardParity::mends).sum());
    }

    private static double equal(List<ShardParity> shards) {
        Boolean equal = ShardParity.equal(shards);
        if (equal == null) {
            return Double.NaN;
        }
        return equal ? 1 : 0;
    }

    private double lag(ServedVersion version) {
        Long lagMs = LearningLag.lagMs(version, clock.millis());
        return lagMs == null ? Double.NaN : lagMs / MS_A_SECOND;
    }

    private double age(ServedVersion version) {
        return version.sequence() == 0 ? Double.NaN : (clock.millis() - version.learnedMs()) / MS_A_SECOND;
    }

    private void quality(String model, Snapshots snapshots) {
        for (boolean recent : new boolean[] {false, true}) {
            Tags tags = Tags.of("model", model, "window", recent ? "recent" : "total");
            Function<Snapshots, Quality> quality = s -> {
                MonitorSnapshot.Qualities both = s.of(model).quality();
                return recent ? both.recent() : both.total();
            };
            quality("log.loss", "mean log loss of served scores", tags, snapshots, quality, Quality::logLoss);
            quality("auc", "AUC of served scores", tags, snapshots, quality, Quality::auc);
            quality(
                    "normalized.entropy",
                    "log loss / entropy of the base rate",
                    tags,
                    snapshots,
                    quality,
                    Quality::normalizedEntropy);
            quality("calibration", "predicted / observed positives", tags, snapshots, quality, Quality::calibration);
            quality("impression.auc", "mean AUC within requests", tags, snapshots, quality, Quality::impressionAuc);
        }
    }

    private void head(String model, String head, Snapshots snapshots) {
        for (boolean recent : new boolean[] {false, true}) {
            Tags tags = Tags.of("model", model, "head", head, "window", recent ? "recent" : "total");
            Function<Snapshots, Quality> of = s -> {
                MonitorSnapshot.Qualities both =
                        Objects.requireNonNull(s.of(model).heads().get(head), head);
                return recent ? both.recent() : both.total();
            };
            quality(
                    "head.log.loss",
                    "mean log loss of a head's served predictions",
                    tags,
                    snapshots,
                    of,
                    Quality::logLoss);
            quality("head.auc", "AUC of a head's served predictions", tags, snapshots, of, Quality::auc);
            quality(
                    "head.calibration",
                    "what a head predicted / what was observed",
                    tags,
                    snapshots,
                    of,
                    Quality::calibration);
        }
    }

    private void quality(
            String name,
            String description,
            Tags tags,
            Snapshots snapshots,
            Function<Snapshots, Quality> quality,
            Function<Quality, @Nullable Double> value) {
        gauge("quality." + name, description, tags, snapshots, s -> orNaN(value.apply(quality.apply(s))));
    }

    private static double orNaN(@Nullable Double value) {
        return value == null ? Double.NaN : value;
    }

    private <T> void gauge(String name, String description, Tags tags, T of, ToDoubleFunction<T> value) {
        Gauge.builder("millrace." + name, of, value)
                .description(description)
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    /** The registry keeps a weak reference; everything counted here lives as long as the server. */
    private <T> void counter(String name, String description, Tags tags, T of, ToDoubleFunction<T> value) {
        FunctionCounter.builder("millrace." + name, of, value)
                .description(description)
                .tags(tags)
                .register(registry);
    }
}
