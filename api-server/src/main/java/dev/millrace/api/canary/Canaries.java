package dev.millrace.api.canary;

import dev.millrace.api.log.EventSink;
import dev.millrace.api.log.LogListener;
import dev.millrace.api.rank.RankService;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.DeadLetter;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Clock;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The canaries of all models, and what they say of freshness. Safe for many threads. */
public final class Canaries implements LogListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Canaries.class);
    private static final double MS_A_SECOND = 1_000;
    private static final long KEPT_MS = 1_000;

    private final CanaryConfig config;
    private final Clock clock;
    private final Map<String, CanaryBook> books = new TreeMap<>();
    private final Map<String, CanaryFlight> flights = new ConcurrentHashMap<>();
    private final Map<String, Kept> kept = new ConcurrentHashMap<>();
    private volatile @Nullable CanaryReader reader;

    private record Kept(long atMs, FreshnessObjective objective) {}

    /** None flies before {@link #start}. */
    public Canaries(Collection<ModelSpec> specs, CanaryConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
        if (config.on()) {
            specs.forEach(spec -> {
                if (CanaryAction.of(spec).isPresent()) {
                    books.put(spec.model(), new CanaryBook(config));
                } else {
                    LOG.warn(
                            "model {}: no canary flies: it has no positive action, learns from another's impressions, or has layers",
                            spec.model());
                }
            });
        }
    }

    /** Lets them fly. @param back reads them back; closed with this, where it can be */
    public void start(Collection<RankService> ranks, EventSink sink, CanaryReader back) {
        reader = back;
        ranks.forEach(service -> {
            ModelSpec spec = service.ranker().weights().spec();
            CanaryBook book = books.get(spec.model());
            if (book != null) {
                CanaryAction action = CanaryAction.of(spec).orElseThrow();
                CanaryFlight flight = new CanaryFlight(service, sink, back, action, config, clock, book);
                flights.put(spec.model(), flight);
                flight.start();
            }
        });
    }

    /** Whether the model has any. */
    public boolean fly(String model) {
        return books.containsKey(model);
    }

    /** What a model's canaries say; null where none fly. At most a second old. */
    public @Nullable FreshnessObjective objective(String model) {
        CanaryBook book = books.get(model);
        if (book == null) {
            return null;
        }
        long nowMs = clock.millis();
        Kept made = kept.compute(
                model,
                (name, known) -> known != null && Math.abs(nowMs - known.atMs) < KEPT_MS
                        ? known
                        : new Kept(nowMs, book.objective(nowMs)));
        return Objects.requireNonNull(made).objective();
    }

    @Override
    public void samples(Place place, SampleBlock block) {
        CanaryFlight flight = flights.get(place.model());
        if (flight != null) {
            flight.samples(place, block);
        }
    }

    @Override
    public void action(Action action) {
        // On its way; the sample tells that it is joined.
    }

    @Override
    public void deadLetter(DeadLetter letter, boolean live) {
        // One that became no label is lost in time.
    }

    /** Registers what is promised, and what became of it. */
    public void bind(MeterRegistry registry) {
        books.forEach((model, book) -> {
            Tags tags = Tags.of("model", model);
            String outcomes = "canaries by what became of them: back within the objective, back late, lost";
            counter(registry, outcomes, tags.and("outcome", "good"), book, CanaryBook::good);
            counter(registry, outcomes, tags.and("outcome", "late"), book, CanaryBook::late);
            counter(registry, outcomes, tags.and("outcome", "lost"), book, CanaryBook::lost);
            Map<String, ToDoubleFunction<FreshnessObjective>> gauges = Map.of(
                    "objective.seconds", o -> o.objectiveMs() / MS_A_SECOND,
                    "last.seconds", o -> o.lastMs() == null ? Double.NaN : o.lastMs() / MS_A_SECOND);
            gauges.forEach((name, value) -> gauge(registry, name, tags, model, value));
            gauge(
                    registry,
                    "seconds",
                    tags.and("window", "1h", "quantile", "0.5"),
                    model,
                    o -> seconds(o.hour().p50()));
            gauge(
                    registry,
                    "seconds",
                    tags.and("window", "1h", "quantile", "0.99"),
                    model,
                    o -> seconds(o.hour().p99()));
            gauge(
                    registry,
                    "burn.rate",
                    tags.and("window", "1h"),
                    model,
                    o -> orNaN(o.hour().burnRate()));
            gauge(
                    registry,
                    "burn.rate",
                    tags.and("window", "1d"),
                    model,
                    o -> orNaN(o.day().burnRate()));
            gauge(
                    registry,
                    "budget.left.ratio",
                    tags.and("window", "1d"),
                    model,
                    o -> orNaN(o.day().budgetLeft()));
        });
    }

    private static double seconds(@Nullable Double ms) {
        return ms == null ? Double.NaN : ms / MS_A_SECOND;
    }

    private static double orNaN(@Nullable Double value) {
        return value == null ? Double.NaN : value;
    }

    private static void counter(
            MeterRegistry registry, String says, Tags tags, CanaryBook book, ToDoubleFunction<CanaryBook> count) {
        FunctionCounter.builder("millrace.canaries", book, count)
                .description(says)
                .tags(tags)
                .register(registry);
    }

    private void gauge(
            MeterRegistry registry, String name, Tags tags, String model, ToDoubleFunction<FreshnessObjective> value) {
        Gauge.builder("millrace.canary." + name, this, canaries -> {
                    FreshnessObjective objective = canaries.objective(model);
                    return objective == null ? Double.NaN : value.applyAsDouble(objective);
                })
                .description("freshness from an accepted canary to its changed score, against the objective")
                .tags(tags)
                .strongReference(true)
                .register(registry);
    }

    @Override
    public void close() {
        flights.values().forEach(CanaryFlight::close);
        if (reader instanceof PublicReader opened) {
            opened.close();
        }
    }
}
