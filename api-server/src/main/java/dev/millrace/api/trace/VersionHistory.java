package dev.millrace.api.trace;

import dev.millrace.ps.serve.ServedVersion;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One model's last {@value #MAX} versions, and the actions whose samples none of them has learned yet. Guarded by the
 * index's lock.
 */
final class VersionHistory {
    private static final int MAX = 1024;

    /** A joined action that waits for its sample's offset to be learned; offsets of a partition only rise. */
    private record Pending(long offset, boolean live, Entry entry) {}

    private final int maxPending;
    private final ArrayDeque<ServedVersion> versions = new ArrayDeque<>();
    private final Map<Integer, ArrayDeque<Pending>> pending = new HashMap<>();

    VersionHistory(int maxPending) {
        this.maxPending = maxPending;
    }

    /** The sample of {@code entry} stands at the place. Serves it if a version has learned that, else keeps it. */
    void joined(int partition, long offset, boolean live, Entry entry) {
        ServedVersion first = null;
        ServedVersion before = null;
        Iterator<ServedVersion> newestFirst = versions.descendingIterator();
        while (before == null && newestFirst.hasNext()) {
            ServedVersion version = newestFirst.next();
            if (learned(version, partition, offset)) {
                first = version;
            } else {
                before = version;
            }
        }
        if (first != null) {
            serve(entry, before, first, live);
            return;
        }
        ArrayDeque<Pending> queue = pending.computeIfAbsent(partition, p -> new ArrayDeque<>());
        if (queue.size() == maxPending) {
            queue.removeFirst();
        }
        queue.addLast(new Pending(offset, live, entry));
    }

    /** One that came between, or before all that are known, may have learned it first: then nothing is said of when. */
    private static void serve(Entry entry, @Nullable ServedVersion before, ServedVersion version, boolean live) {
        if (before != null && before.sequence() + 1 == version.sequence()) {
            entry.served(version, live);
        } else {
            entry.served();
        }
    }

    private static boolean learned(ServedVersion version, int partition, long offset) {
        return version.sampleOffsets().getOrDefault(partition, 0L) > offset;
    }

    /** Serves what the version has learned; one that is no newer than the last is known already. */
    void applied(ServedVersion version, Consumer<Entry> onServed) {
        ServedVersion before = versions.peekLast();
        if (before != null && version.sequence() <= before.sequence()) {
            return;
        }
        if (versions.size() == MAX) {
            versions.removeFirst();
        }
        versions.addLast(version);
        pending.forEach((partition, queue) -> {
            while (!queue.isEmpty()
                    && learned(version, partition, queue.peekFirst().offset())) {
                Pending next = queue.removeFirst();
                serve(next.entry(), before, version, next.live());
                onServed.accept(next.entry());
            }
        });
    }
}
