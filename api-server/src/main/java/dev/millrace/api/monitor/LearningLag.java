package dev.millrace.api.monitor;

import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether the models still learn. The join emits a block each second, be it empty, so event time goes on in the weights
 * while the whole loop lives. Old weights rank nearly as well as before: a standstill alone leaves a server ready, up to
 * {@link Readiness}'s maxAge. Immutable.
 */
public final class LearningLag {
    private final Map<String, WeightServer> models;
    private final Clock clock;
    private final Duration longest;

    /** @param longest lag that is no standstill */
    public LearningLag(Map<String, WeightServer> models, Clock clock, Duration longest) {
        this.models = Map.copyOf(models);
        this.clock = clock;
        this.longest = longest;
    }

    /** How far event time in the weights lies behind now; null before the first delta, and where it tells no time. */
    static @Nullable Long lagMs(ServedVersion version, long nowMs) {
        return version.sequence() == 0 || version.watermarkMs() <= 0 ? null : nowMs - version.watermarkMs();
    }

    /** Each model's state, as health tells it. */
    public Map<String, String> states() {
        Map<String, String> states = new LinkedHashMap<>();
        long nowMs = clock.millis();
        models.forEach((name, weights) -> states.put("model " + name, state(lagMs(weights.version(), nowMs))));
        return states;
    }

    private String state(@Nullable Long lagMs) {
        if (lagMs == null) {
            return "nothing learned yet";
        }
        if (lagMs > longest.toMillis()) {
            return "learning stands still: its weights have learned up to " + lagMs + " ms ago";
        }
        return "learning, up to " + lagMs + " ms ago";
    }
}
