package dev.millrace.api.monitor;

import dev.millrace.api.canary.Canaries;
import dev.millrace.api.monitor.quality.Quality;
import dev.millrace.api.monitor.window.Windows;
import dev.millrace.api.trace.Status;
import dev.millrace.api.trace.TraceIndex;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/** Makes snapshots; one is shared by all who ask within {@value #FRESH_MS} ms. Safe for many threads. */
public final class Snapshots {
    private static final long FRESH_MS = 500;

    private final Map<String, WeightServer> models;
    private final Monitor monitor;
    private final TraceIndex traces;
    private final Readiness readiness;
    private final Windows windows;
    private final Canaries canaries;
    private final Clock clock;
    private final ConcurrentHashMap<String, MonitorSnapshot> last = new ConcurrentHashMap<>();

    public Snapshots(
            Map<String, WeightServer> models,
            Monitor monitor,
            TraceIndex traces,
            Readiness readiness,
            Windows windows,
            Canaries canaries,
            Clock clock) {
        this.canaries = canaries;
        this.windows = windows;
        this.models = models;
        this.monitor = monitor;
        this.traces = traces;
        this.readiness = readiness;
        this.clock = clock;
    }

    /** @param model one that is served */
    public MonitorSnapshot of(String model) {
        return last.compute(
                model,
                (name, known) -> known != null && Math.abs(clock.millis() - known.timeMs()) < FRESH_MS
                        ? known
                        : make(name, clock.millis()));
    }

    private MonitorSnapshot make(String name, long nowMs) {
        ModelMonitor model = monitor.model(name);
        WeightServer weights = Objects.requireNonNull(models.get(name), name);
        ServedVersion version = weights.version();
        boolean learned = version.sequence() > 0;
        return new MonitorSnapshot(
                nowMs,
                name,
                version.sequence(),
                version.samples(),
                version.rows(),
                learned ? nowMs - version.learnedMs() : null,
                learned ? version.watermarkMs() : null,
                LearningLag.lagMs(version, nowMs),
                readiness.ready(),
                new MonitorSnapshot.Rates(
                        model.ranks().perSecond(nowMs),
                        model.candidates().perSecond(nowMs),
                        monitor.events().perSecond(nowMs),
                        model.samples().perSecond(nowMs)),
                new MonitorSnapshot.Qualities(model.total(nowMs), recent(name, model, nowMs)),
                model.heads(nowMs),
                model.baseline(nowMs),
                MonitorSnapshot.Store.of(weights.store()),
                model.rankTime(nowMs),
                freshness(model, nowMs),
                outcomes(),
                traces.size(),
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                windows.kept() ? windows.summaries(name) : null,
                canaries.objective(name));
    }

    /** One answer to one question: the window of a minute, where it is kept, is that of all servers' traffic. */
    private Quality recent(String name, ModelMonitor model, long nowMs) {
        return windows.kept() ? windows.minute(name) : model.recent(nowMs);
    }

    private static MonitorSnapshot.Freshness freshness(ModelMonitor model, long nowMs) {
        MonitorSnapshot.Quantiles total = model.freshness(FreshnessStage.TOTAL, nowMs);
        Map<String, MonitorSnapshot.Quantiles> stages = new LinkedHashMap<>();
        for (FreshnessStage stage : FreshnessStage.values()) {
            if (stage != FreshnessStage.TOTAL) {
                stages.put(stage.label(), model.freshness(stage, nowMs));
            }
        }
        return new MonitorSnapshot.Freshness(total.p50(), total.p99(), stages);
    }

    private Map<String, Long> outcomes() {
        Map<String, Long> outcomes = new LinkedHashMap<>();
        for (Status end : Status.values()) {
            if (end.isEnd()) {
                outcomes.put(end.label(), monitor.outcome(end));
            }
        }
        return outcomes;
    }
}
