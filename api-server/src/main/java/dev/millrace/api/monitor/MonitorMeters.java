package dev.millrace.api.monitor;

import dev.millrace.api.problem.ErrorClass;
import dev.millrace.api.problem.ErrorCounts;
import dev.millrace.api.trace.Status;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
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
            weights(Tags.of("model", name), weights);
            quality(name, snapshots);
            counter(
                    "millrace.ranks",
                    Tags.of("model", name),
                    monitor.model(name).ranks(),
                    Rate::total);
            counter(
                    "millrace.candidates",
                    Tags.of("model", name),
                    monitor.model(name).candidates(),
                    Rate::total);
            counter(
                    "millrace.samples",
                    Tags.of("model", name),
                    monitor.model(name).samples(),
                    Rate::total);
        });
        for (Status end : Status.values()) {
            if (end.isEnd()) {
                counter("millrace.outcomes", Tags.of("outcome", end.label()), monitor, m -> m.outcome(end));
            }
        }
        for (ErrorClass errorClass : ErrorClass.values()) {
            counter("millrace.errors", Tags.of("class", errorClass.label()), errors, e -> e.get(errorClass));
        }
        counter("millrace.events", Tags.of("status", "accepted"), monitor.events(), Rate::total);
        counter("millrace.events", Tags.of("status", "duplicate"), monitor, Monitor::duplicatePosts);
        counter("millrace.unreadable", Tags.empty(), monitor, Monitor::unreadable);
        monitor.recordTo((model, stage, ms) -> freshness(model, stage).record(Duration.ofMillis(ms)));
    }

    /** Time of one model's rank requests, from the body to the answer. */
    public Timer rankTimer(String model) {
        return Timer.builder("millrace.rank")
                .description("time to answer a rank request, the log's acknowledgement included")
                .tag("model", model)
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
        gauge("millrace.model.version", tags, weights, w -> w.version().sequence());
        gauge("millrace.model.rows", tags, weights, w -> w.version().rows());
        gauge("millrace.model.caught.up", tags, weights, w -> w.caughtUp() ? 1 : 0);
        gauge("millrace.weights.age.seconds", tags, weights, w -> age(w.version()));
        counter("millrace.samples.learned", tags, weights, w -> w.version().samples());
        counter("millrace.samples.duplicate", tags, weights, w -> w.version().duplicateSamples());
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
            gauge(
                    "millrace.quality.log.loss",
                    tags,
                    snapshots,
                    s -> orNaN(quality.apply(s).logLoss()));
            gauge(
                    "millrace.quality.auc",
                    tags,
                    snapshots,
                    s -> orNaN(quality.apply(s).auc()));
            gauge(
                    "millrace.quality.normalized.entropy",
                    tags,
                    snapshots,
                    s -> orNaN(quality.apply(s).normalizedEntropy()));
            gauge(
                    "millrace.quality.calibration",
                    tags,
                    snapshots,
                    s -> orNaN(quality.apply(s).calibration()));
            gauge(
                    "millrace.quality.impression.auc",
                    tags,
                    snapshots,
                    s -> orNaN(quality.apply(s).impressionAuc()));
        }
    }

    private static double orNaN(@Nullable Double value) {
        return value == null ? Double.NaN : value;
    }

    private <T> void gauge(String name, Tags tags, T of, ToDoubleFunction<T> value) {
        Gauge.builder(name, of, value).tags(tags).strongReference(true).register(registry);
    }

    /** The registry keeps a weak reference; everything counted here lives as long as the server. */
    private <T> void counter(String name, Tags tags, T of, ToDoubleFunction<T> value) {
        FunctionCounter.builder(name, of, value).tags(tags).register(registry);
    }
}
