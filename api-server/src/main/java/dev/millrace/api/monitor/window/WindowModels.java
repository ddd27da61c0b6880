package dev.millrace.api.monitor.window;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.serve.WeightServer;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The models that windows are kept of. Immutable. */
public final class WindowModels {
    private final Map<String, WeightServer> weights = new TreeMap<>();
    private final List<ModelSpec> specs;
    private final Map<String, Segments> segments;

    /** @throws IllegalArgumentException when no model tells one of the attributes that make segments */
    public WindowModels(Collection<? extends WeightServer> servers, WindowConfig config) {
        servers.forEach(server -> weights.put(server.spec().model(), server));
        specs = weights.values().stream().map(WeightServer::spec).toList();
        segments = Segments.of(specs, config.segments());
    }

    List<ModelSpec> specs() {
        return specs;
    }

    WeightServer weights(String model) {
        return Objects.requireNonNull(weights.get(model), model);
    }

    Segments segments(String model) {
        return Objects.requireNonNull(segments.get(model), model);
    }
}
