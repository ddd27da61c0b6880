package dev.millrace.api;

import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ps.serve.WeightServer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/**
 * What the server is built on. Whoever made the parts closes them, after the server.
 *
 * @param live counts of the real-time features that are kept in this process, by model
 * @param meters of what else runs in this process, for {@code /prometheus}
 */
public record ApiParts(
        Map<String, WeightServer> models,
        ProfileStore profiles,
        Map<String, LiveStats> live,
        EventPublisher publisher,
        List<MeterBinder> meters,
        Clock clock) {
    public ApiParts {
        models = Map.copyOf(models);
        live = Map.copyOf(live);
        meters = List.copyOf(meters);
    }

    /** In a process where nothing else has meters. */
    public ApiParts(
            Map<String, WeightServer> models,
            ProfileStore profiles,
            Map<String, LiveStats> live,
            EventPublisher publisher,
            Clock clock) {
        this(models, profiles, live, publisher, List.of(), clock);
    }
}
