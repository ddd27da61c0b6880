package dev.millrace.api.desk;

import dev.millrace.api.canary.FreshnessObjective;
import dev.millrace.api.monitor.Frames;
import dev.millrace.api.monitor.MonitorSnapshot;
import dev.millrace.api.monitor.Snapshots;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import io.micronaut.serde.annotation.Serdeable;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;

/** The live numbers, and a bounded number of streams of them. Safe for many threads. */
public final class MonitorDesk {
    private final Models models;
    private final Snapshots snapshots;
    private final Frames frames;
    private final Semaphore streams;

    /** @param streams open at a time, over all edges */
    public MonitorDesk(Models models, Snapshots snapshots, Frames frames, int streams) {
        this.models = models;
        this.snapshots = snapshots;
        this.frames = frames;
        this.streams = new Semaphore(streams);
    }

    /** The model that is named, or the only one. */
    public String model(@Nullable String name) {
        if (name == null) {
            return models.first();
        }
        models.check(name);
        return name;
    }

    /** @param freshnessObjective what the canaries say; null where none fly */
    @Serdeable
    public record FreshnessReport(
            String model,
            MonitorSnapshot.Freshness freshnessMs,
            @Nullable FreshnessObjective freshnessObjective) {}

    /** What the snapshot says of freshness alone. */
    public FreshnessReport freshness(String model) {
        MonitorSnapshot now = snapshot(model);
        return new FreshnessReport(model, now.freshnessMs(), now.freshnessObjective());
    }

    public MonitorSnapshot snapshot(String model) {
        return snapshots.of(model);
    }

    /** @param after the id of the last frame that was seen; null: the newest alone, then what comes */
    public Publisher<Frames.Frame> frames(String model, @Nullable Long after) {
        return frames.stream(model, after == null ? frames.beforeNewest(model) : after);
    }

    /** Refuses early, before anything is answered. */
    public void checkRoom() {
        if (streams.availablePermits() == 0) {
            throw full();
        }
    }

    /** A place, to be released when the stream ends. */
    public Semaphore enter() {
        if (!streams.tryAcquire()) {
            throw full();
        }
        return streams;
    }

    private static ProblemException full() {
        return new ProblemException(Problem.overload("too many monitor streams are open"));
    }
}
