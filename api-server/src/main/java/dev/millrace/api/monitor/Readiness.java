package dev.millrace.api.monitor;

import dev.millrace.api.log.Tail;
import dev.millrace.ps.serve.WeightServer;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Whether this server should get requests: its weights and traces have caught up with the log, and are not too old, and the log answers. */
public final class Readiness {
    private final Supplier<Map<String, WeightServer>> models;
    private final Tail tail;
    private final Clock clock;
    private final Duration silence;
    private final Duration maxAge;

    /**
     * @param models that are needed now, by name
     * @param silence longest time without a record; heartbeats alone are ten a second
     * @param maxAge how far event time in the weights may lie behind now: another replica's may be better
     */
    public Readiness(
            Supplier<Map<String, WeightServer>> models, Tail tail, Clock clock, Duration silence, Duration maxAge) {
        this.maxAge = maxAge;
        this.models = models;
        this.tail = tail;
        this.clock = clock;
        this.silence = silence;
    }

    public boolean ready() {
        return missing().isEmpty();
    }

    /** What is not ready, and why; empty when all is. */
    public Map<String, String> missing() {
        Map<String, String> missing = new LinkedHashMap<>();
        models.get().forEach((name, weights) -> {
            if (!weights.caughtUp()) {
                missing.put("model " + name, "its weights have not caught up with the log");
                return;
            }
            Long lagMs = LearningLag.lagMs(weights.version(), clock.millis());
            if (lagMs != null && lagMs > maxAge.toMillis()) {
                missing.put(
                        "model " + name,
                        "its weights have learned up to " + lagMs + " ms ago, more than maxAge " + maxAge.toMillis()
                                + " ms");
            }
        });
        if (!tail.caughtUp()) {
            missing.put("traces", "the end of the log has not been read yet");
        }
        if (clock.millis() - tail.lastRecordMs() > silence.toMillis()) {
            missing.put("kafka", "no record, not even a heartbeat, within " + silence.toMillis() + " ms");
        }
        return missing;
    }
}
