package dev.millrace.api.candidate;

import dev.millrace.api.log.LogListener;
import dev.millrace.api.log.Tail;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ps.serve.WeightServer;
import java.time.Clock;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The indexes of all models: filled from what is stored and from the log, and kept so. After a restart the log is read again,
 * as far back as configured; until then there is less to recommend. Safe for many threads.
 */
public final class Candidates implements AutoCloseable {
    private final Map<String, CandidateIndex> byImpressions = new HashMap<>();
    private final Map<String, CandidateIndex> byModel = new HashMap<>();
    private final Map<String, NearestItems> nearest = new HashMap<>();
    private final Clock clock;
    private final Tail history;

    /** @param history starts reading impressions and actions for a listener */
    public Candidates(
            Map<String, WeightServer> models,
            ProfileStore profiles,
            CandidateConfig config,
            Clock clock,
            Function<LogListener, Tail> history) {
        this.clock = clock;
        models.forEach((name, weights) -> {
            CandidateIndex index = byImpressions.computeIfAbsent(
                    weights.spec().learnsFrom(),
                    m -> new CandidateIndex(config, weights.spec().labels(), clock));
            byModel.put(name, index);
            if (!weights.spec().network().isLinear() && config.nearestItems() > 0) {
                nearest.put(name, new NearestItems(weights, profiles, index, config));
            }
        });
        profiles.ids(ProfileStore.Kind.ITEM, config.items(), id -> known(id, 0));
        this.history = history.apply(new CandidateFollower(byImpressions));
        nearest.values().forEach(NearestItems::start);
    }

    public CandidateIndex index(String model) {
        return Objects.requireNonNull(byModel.get(model));
    }

    /** Null for a model without embeddings. */
    public @Nullable NearestItems nearest(String model) {
        return nearest.get(model);
    }

    /** Items were stored, maybe for the first time. */
    public void stored(Collection<String> ids) {
        long nowMs = clock.millis();
        ids.forEach(id -> known(id, nowMs));
    }

    private void known(String id, long timeMs) {
        byImpressions.values().forEach(index -> index.known(id, timeMs));
    }

    /** An item is no more. */
    public void deleted(String id) {
        byImpressions.values().forEach(index -> index.forget(id));
    }

    @Override
    public void close() {
        nearest.values().forEach(NearestItems::close);
        history.close();
    }
}
