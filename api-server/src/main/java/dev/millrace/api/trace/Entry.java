package dev.millrace.api.trace;

import dev.millrace.ps.serve.ServedVersion;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What is known of one action, in whatever order it was learned. Guarded by the index's lock. */
final class Entry {
    private long acceptedMs;
    private long content = ActionContent.UNKNOWN;
    private long joinedMs;
    private String model = "";
    private @Nullable Status end;
    private long endAcceptedMs;
    private long learnedMs;
    private long servedMs;
    private long version;
    private boolean served;
    private boolean timed;
    private @Nullable Map<CompletableFuture<Trace>, Status> waiters;

    /** The first of several copies on the log counts. */
    void accepted(long copyContent, long timeMs) {
        if (acceptedMs == 0 || timeMs < acceptedMs) {
            acceptedMs = timeMs;
            content = copyContent;
        }
    }

    long content() {
        return content;
    }

    boolean isJoined() {
        return joinedMs != 0;
    }

    void joined(String byModel, long timeMs) {
        model = byModel;
        joinedMs = timeMs;
    }

    /** Whose sample it made; empty before that. */
    String model() {
        return model;
    }

    /** Of several ends the one that says most about the action stays. */
    void ended(Status newEnd, long copyAcceptedMs) {
        if (end == null || newEnd.ordinal() < end.ordinal()) {
            end = newEnd;
            endAcceptedMs = copyAcceptedMs;
        } else if (newEnd == end) {
            endAcceptedMs = Math.min(endAcceptedMs, copyAcceptedMs);
        }
    }

    /** Weights serve that have learned it; which were the first is not known. */
    void served() {
        served = true;
    }

    /**
     * These were the first weights that had learned it.
     *
     * @param seen whether that was seen as it happened
     */
    void served(ServedVersion by, boolean seen) {
        served = true;
        learnedMs = by.learnedMs();
        servedMs = by.appliedMs();
        version = by.sequence();
        timed = seen;
    }

    /** True once: when every time of the way is known exactly. */
    boolean takeFinished() {
        boolean finished = timed && acceptedMs != 0 && joinedMs != 0;
        timed = timed && !finished;
        return finished;
    }

    Trace trace() {
        return new Trace(status(), acceptedMs, joinedMs, learnedMs, servedMs, version);
    }

    private Status status() {
        if (served) {
            return Status.SERVED;
        }
        if (joinedMs != 0) {
            return Status.JOINED;
        }
        return end == null || endOfLaterCopy() ? Status.ACCEPTED : end;
    }

    /** A second copy of an action ends as a duplicate while the first is still on its way. */
    private boolean endOfLaterCopy() {
        return end == Status.DUPLICATE && acceptedMs != 0 && acceptedMs < endAcceptedMs;
    }

    void await(Status until, CompletableFuture<Trace> future) {
        if (waiters == null) {
            waiters = new IdentityHashMap<>(2);
        }
        waiters.put(future, until);
    }

    void forget(CompletableFuture<Trace> future) {
        if (waiters != null) {
            waiters.remove(future);
        }
    }

    /** Moves who need wait no longer to {@code out}, as completions to run without the lock. */
    void release(boolean all, List<Runnable> out) {
        if (waiters == null) {
            return;
        }
        Trace trace = trace();
        waiters.entrySet().removeIf(waiter -> {
            boolean done = all || trace.status().satisfies(waiter.getValue());
            if (done) {
                CompletableFuture<Trace> future = waiter.getKey();
                out.add(() -> future.complete(trace));
            }
            return done;
        });
        waiters = waiters.isEmpty() ? null : waiters;
    }
}
