package dev.millrace.api.recent;

import dev.millrace.api.rank.RankRequest;
import dev.millrace.api.rank.Ranker;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.explain.FeatureNames;
import io.micronaut.serde.annotation.Serdeable;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which rows of a model ranking touches most: the keys of a candidate drawn from each of some recent requests, counted for
 * all candidates of its request, apart from the requests' own threads. Readers see what the last sample left.
 */
public final class HotKeys {
    private static final Logger LOG = LoggerFactory.getLogger(HotKeys.class);

    /**
     * @param requests of a sample at most
     * @param counters of the sketch
     * @param top keys that are told
     * @param halve samples after which all counts are halved
     */
    public record Config(int requests, int counters, int top, int halve) {
        public static final Config DEFAULT = new Config(20, 512, 10, 60);
    }

    /**
     * @param name as contributions are named: {@code item=i7}
     * @param share of all look-ups of rows
     * @param error by how much the share may be too high
     */
    @Serdeable
    public record Hot(String name, double share, double error) {}

    private final Config config;
    private final RecentRequests recent;
    private final Ranker ranker;
    private final Vectorizer vectorizer;
    private final FeatureNames names;
    private final TopKeys sketch;
    private final Map<Long, String> named = new Long2ObjectOpenHashMap<>();
    private long sampledUntilMs;
    private int samples;
    private volatile List<Hot> hot = List.of();

    public HotKeys(Config config, RecentRequests recent, Ranker ranker) {
        this.config = config;
        this.recent = recent;
        this.ranker = ranker;
        ModelSpec spec = ranker.weights().spec();
        vectorizer = new Vectorizer(spec);
        names = new FeatureNames(spec);
        sketch = new TopKeys(config.counters());
    }

    /** Looks at the requests since the last time. */
    void sample() {
        String model = ranker.weights().spec().model();
        List<RecentRequest> fresh = recent.newest(model, config.requests()).stream()
                .filter(request -> request.timeMs() > sampledUntilMs)
                .toList();
        if (fresh.isEmpty()) {
            return;
        }
        fresh.forEach(this::count);
        sampledUntilMs = fresh.getFirst().timeMs();
        if (++samples % config.halve() == 0) {
            sketch.halve();
        }
        hot = sketch.top(config.top()).stream()
                .map(top -> new Hot(
                        names.name(top.key(), named), top.count() / sketch.total(), top.error() / sketch.total()))
                .toList();
    }

    private void count(RecentRequest request) {
        RankRequest one = request.asked().of(List.of(request.any()));
        Ranker.Features features = ranker.features(one);
        FeatureVector vector = new FeatureVector();
        Vectorizer.Request hashed = vectorizer.newRequest();
        vectorizer.request(features.shared(), hashed, vector);
        int shared = vector.size();
        vectorizer.item(features.items().getFirst(), hashed, vector);
        Map<Long, String> known = names.of(features.shared(), features.items().getFirst());
        for (int i = 0; i < vector.size(); i++) {
            long key = vector.id(i);
            // What all candidates share is read once.
            long gone = sketch.offer(key, i < shared ? 1 : request.candidates());
            named.remove(gone);
            named.put(key, names.name(key, known));
        }
    }

    /** Most first. */
    public List<Hot> hot() {
        return hot;
    }

    /** Those of all models, sampled by one thread. */
    public static final class All implements AutoCloseable {
        private final Map<String, HotKeys> models;
        private final ScheduledExecutorService clockwork = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("api-hot-keys").daemon().factory());

        public All(Map<String, HotKeys> models) {
            this.models = Map.copyOf(models);
        }

        /** Samples from now on, once a period. */
        public All start(Duration period) {
            long periodNs = period.toNanos();
            var unused = clockwork.scheduleWithFixedDelay(this::sample, periodNs, periodNs, TimeUnit.NANOSECONDS);
            return this;
        }

        private void sample() {
            for (HotKeys model : models.values()) {
                try {
                    model.sample();
                } catch (RuntimeException e) {
                    // Profiles may be away; the next time.
                    LOG.debug("hot keys were not sampled", e);
                }
            }
        }

        /** @param model one that is served */
        public HotKeys of(String model) {
            return Objects.requireNonNull(models.get(model), model);
        }

        @Override
        public void close() {
            clockwork.shutdownNow();
        }
    }
}
