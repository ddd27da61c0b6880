package dev.millrace.api;

import dev.millrace.api.alarm.AlarmRules;
import dev.millrace.api.bus.BusParts;
import dev.millrace.api.canary.CanaryConfig;
import dev.millrace.api.chain.ChainParts;
import dev.millrace.api.log.EventSink;
import dev.millrace.api.log.LogListener;
import dev.millrace.api.log.Tail;
import dev.millrace.api.monitor.window.WindowParts;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ps.serve.WeightServer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@link ApiParts} without Kafka: a log as its two ends.
 *
 * @param tail starts reading what becomes of actions, for a listener
 * @param history starts reading what was shown and done, for a listener
 */
record Wiring(
        Map<String, WeightServer> models,
        ProfileStore profiles,
        Map<String, LiveStats> live,
        EventSink sink,
        Function<LogListener, Tail> tail,
        Function<LogListener, Tail> history,
        List<MeterBinder> meters,
        Map<String, BusParts> buses,
        AlarmRules alarms,
        WindowParts windows,
        CanaryConfig canary,
        @Nullable ChainParts chains,
        Clock clock) {
    /** A log whose history nobody tells. */
    Wiring(
            Map<String, WeightServer> models,
            ProfileStore profiles,
            Map<String, LiveStats> live,
            EventSink sink,
            Function<LogListener, Tail> tail,
            Clock clock) {
        this(models, profiles, live, sink, tail, listener -> Tail.NONE, List.of(), clock);
    }

    /** Without versions and chains, with the alarms that come with the server. */
    Wiring(
            Map<String, WeightServer> models,
            ProfileStore profiles,
            Map<String, LiveStats> live,
            EventSink sink,
            Function<LogListener, Tail> tail,
            Function<LogListener, Tail> history,
            List<MeterBinder> meters,
            Clock clock) {
        this(
                models,
                profiles,
                live,
                sink,
                tail,
                history,
                meters,
                Map.of(),
                AlarmRules.shipped(),
                WindowParts.NONE,
                CanaryConfig.OFF,
                null,
                clock);
    }
}
