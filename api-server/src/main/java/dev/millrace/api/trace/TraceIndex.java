package dev.millrace.api.trace;

import dev.millrace.api.log.LogListener;
import dev.millrace.ps.serve.ServedVersion;
import it.unimi.dsi.fastutil.longs.Long2ObjectLinkedOpenHashMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * Where the last {@code capacity} actions are on their way, by the 64-bit hash of their ids. What it is told may come in
 * any order: the topics are read apart from each other, and weights may serve what the tail has not read yet.
 *
 * <pre>
 *  field       written by                              guard
 *  entries     own posts, the tail, applied deltas     lock
 *  histories   the tail, applied deltas                lock
 *  (futures complete, and the listener is called, after the lock is released)
 * </pre>
 *
 * <p>The oldest entry makes room for a new one, so memory is bounded: about 160 bytes an action.
 */
public final class TraceIndex {
    /** Told once of each action whose whole way was seen as it happened. */
    public interface FinishedListener {
        void finished(String model, Trace trace);
    }

    private final Object lock = new Object();
    private final int capacity;
    private final FinishedListener listener;
    private final Long2ObjectLinkedOpenHashMap<Entry> entries = new Long2ObjectLinkedOpenHashMap<>();
    private final Map<String, VersionHistory> histories = new HashMap<>();

    public TraceIndex(int capacity, FinishedListener listener) {
        this.capacity = capacity;
        this.listener = listener;
    }

    /** The log has the action. @param content by {@link ActionContent} */
    public void accepted(long action, long content, long acceptedMs) {
        List<Runnable> after = new ArrayList<>(1);
        synchronized (lock) {
            Entry entry = entry(action, after);
            entry.accepted(content, acceptedMs);
            settle(entry, after);
        }
        after.forEach(Runnable::run);
    }

    /**
     * The action made no label.
     *
     * @param acceptedMs of the copy that ended, where the log holds several
     */
    public void ended(long action, Status end, long acceptedMs) {
        List<Runnable> after = new ArrayList<>(1);
        synchronized (lock) {
            Entry entry = entry(action, after);
            entry.ended(end, acceptedMs);
            settle(entry, after);
        }
        after.forEach(Runnable::run);
    }

    /** The action settled a label, whose sample stands at the place. A sample that the join sends again changes nothing. */
    public void joined(long action, LogListener.Place place, long joinedMs) {
        List<Runnable> after = new ArrayList<>(1);
        synchronized (lock) {
            Entry entry = entry(action, after);
            if (!entry.isJoined()) {
                entry.joined(place.model(), joinedMs);
                history(place.model()).joined(place.partition(), place.offset(), place.live(), entry);
                settle(entry, after);
            }
        }
        after.forEach(Runnable::run);
    }

    /** The version serves from now on; one at or below what was told is known already. */
    public void applied(String model, ServedVersion version) {
        List<Runnable> after = new ArrayList<>();
        synchronized (lock) {
            history(model).applied(version, entry -> settle(entry, after));
        }
        after.forEach(Runnable::run);
    }

    public Optional<Trace> find(long action) {
        synchronized (lock) {
            return Optional.ofNullable(entries.get(action)).map(Entry::trace);
        }
    }

    /** What the action says, by {@link ActionContent}; unknown where only its end was read. Empty: no such action. */
    public OptionalLong content(long action) {
        synchronized (lock) {
            Entry entry = entries.get(action);
            return entry == null ? OptionalLong.empty() : OptionalLong.of(entry.content());
        }
    }

    /** Completes when the action has got to {@code until}, has ended, or is forgotten; empty when it is not known. */
    public Optional<CompletableFuture<Trace>> when(long action, Status until) {
        synchronized (lock) {
            Entry entry = entries.get(action);
            if (entry == null) {
                return Optional.empty();
            }
            CompletableFuture<Trace> future = new CompletableFuture<>();
            Trace trace = entry.trace();
            if (trace.status().satisfies(until)) {
                future.complete(trace);
            } else {
                entry.await(until, future);
            }
            return Optional.of(future);
        }
    }

    /** Nobody waits for the future any more. */
    public void forget(long action, CompletableFuture<Trace> future) {
        synchronized (lock) {
            Entry entry = entries.get(action);
            if (entry != null) {
                entry.forget(future);
            }
        }
    }

    public int size() {
        synchronized (lock) {
            return entries.size();
        }
    }

    private Entry entry(long action, List<Runnable> after) {
        Entry entry = entries.get(action);
        if (entry == null) {
            if (entries.size() == capacity) {
                entries.removeFirst().release(true, after);
            }
            entry = new Entry();
            entries.put(action, entry);
        }
        return entry;
    }

    private VersionHistory history(String model) {
        return histories.computeIfAbsent(model, m -> new VersionHistory(capacity));
    }

    private void settle(Entry entry, List<Runnable> after) {
        entry.release(false, after);
        if (entry.takeFinished()) {
            String model = entry.model();
            Trace trace = entry.trace();
            after.add(() -> listener.finished(model, trace));
        }
    }
}
