package dev.millrace.api;

import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ps.serve.WeightServer;
import java.time.Clock;
import java.util.Map;

/** What the server is built on. Whoever made the parts closes them, after the server. */
public record ApiParts(Map<String, WeightServer> models, ProfileStore profiles, EventPublisher publisher, Clock clock) {
    public ApiParts {
        models = Map.copyOf(models);
    }
}
