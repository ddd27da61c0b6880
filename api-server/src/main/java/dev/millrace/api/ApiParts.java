package dev.millrace.api;

import dev.millrace.api.alarm.AlarmRules;
import dev.millrace.api.bus.BusParts;
import dev.millrace.api.canary.CanaryConfig;
import dev.millrace.api.chain.ChainParts;
import dev.millrace.api.monitor.window.WindowParts;
import dev.millrace.ingest.profile.LiveStats;
import dev.millrace.ingest.profile.ProfileStore;
import dev.millrace.ingest.publish.EventPublisher;
import dev.millrace.ps.serve.WeightServer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the server is built on. Whoever made the parts closes them, after the server.
 *
 * @param live counts of the real-time features that are kept in this process, by model
 * @param meters of what else runs in this process, for {@code /prometheus}
 * @param chains batch chains; null where none run
 * @param alarms rules, and who is told
 * @param canary how freshness is watched
 * @param windows what is kept of the quality of what was served
 * @param buses registries of versions, by model; a model without one has none here
 */
public record ApiParts(
        Map<String, WeightServer> models,
        ProfileStore profiles,
        Map<String, LiveStats> live,
        EventPublisher publisher,
        List<MeterBinder> meters,
        Map<String, BusParts> buses,
        AlarmRules alarms,
        WindowParts windows,
        CanaryConfig canary,
        @Nullable ChainParts chains,
        Clock clock) {
    public ApiParts {
        models = Map.copyOf(models);
        live = Map.copyOf(live);
        meters = List.copyOf(meters);
        buses = Map.copyOf(buses);
    }

    /** Without chains. */
    public ApiParts(
            Map<String, WeightServer> models,
            ProfileStore profiles,
            Map<String, LiveStats> live,
            EventPublisher publisher,
            List<MeterBinder> meters,
            Map<String, BusParts> buses,
            AlarmRules alarms,
            WindowParts windows,
            CanaryConfig canary,
            Clock clock) {
        this(models, profiles, live, publisher, meters, buses, alarms, windows, canary, null, clock);
    }

    /** Without windows and canaries. */
    public ApiParts(
            Map<String, WeightServer> models,
            ProfileStore profiles,
            Map<String, LiveStats> live,
            EventPublisher publisher,
            List<MeterBinder> meters,
            Map<String, BusParts> buses,
            AlarmRules alarms,
            Clock clock) {
        this(models, profiles, live, publisher, meters, buses, alarms, WindowParts.NONE, CanaryConfig.OFF, clock);
    }

    /** In a process where nothing else has meters, without versions, with the alarms that come with the server. */
    public ApiParts(
            Map<String, WeightServer> models,
            ProfileStore profiles,
            Map<String, LiveStats> live,
            EventPublisher publisher,
            Clock clock) {
        this(models, profiles, live, publisher, List.of(), Map.of(), AlarmRules.shipped(), clock);
    }
}
