package dev.millrace.api.desk;

import dev.millrace.api.monitor.MonitorSnapshot;
import dev.millrace.api.monitor.Snapshots;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** The live numbers, and a bounded number of streams of them. Safe for many threads. */
public final class MonitorDesk {
    private final Models models;
    private final Snapshots snapshots;
    private final Semaphore streams;

    /** @param streams open at a time, over all edges */
    public MonitorDesk(Models models, Snapshots snapshots, int streams) {
        this.models = models;
        this.snapshots = snapshots;
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

    public MonitorSnapshot snapshot(String model) {
        return snapshots.of(model);
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
