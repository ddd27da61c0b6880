package dev.millrace.api;

import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ps.serve.WeightServer;
import java.time.Clock;
import java.util.Map;

/**
 * What the server is built on. Whoever made the parts closes them, after the server.
 *
 * @param live counts of the real-time features that are kept in this process, by model
 */
public record ApiParts(
        Map<String, WeightServer> models,
        ProfileStore profiles,
        Map<String, LiveStats> live,
        EventPublisher publisher,
        Clock clock) {
    public ApiParts {
        models = Map.copyOf(models);
        live = Map.copyOf(live);
    }
}
