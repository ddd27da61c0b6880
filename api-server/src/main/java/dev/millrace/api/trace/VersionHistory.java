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
        ServedVersion first = firstWith(partition, offset);
        if (first != null) {
            // What came before the oldest version known may have learned it too.
            entry.served(served(first), live && !first.equals(versions.peekFirst()));
            return;
        }
        ArrayDeque<Pending> queue = pending.computeIfAbsent(partition, p -> new ArrayDeque<>());
        if (queue.size() == maxPending) {
            queue.removeFirst();
        }
        queue.addLast(new Pending(offset, live, entry));
    }

    private @Nullable ServedVersion firstWith(int partition, long offset) {
        ServedVersion first = null;
        Iterator<ServedVersion> newestFirst = versions.descendingIterator();
        while (newestFirst.hasNext()) {
            ServedVersion version = newestFirst.next();
            if (!learned(version, partition, offset)) {
                break;
            }
            first = version;
        }
        return first;
    }

    private static boolean learned(ServedVersion version, int partition, long offset) {
        return version.sampleOffsets().getOrDefault(partition, 0L) > offset;
    }

    /** Serves what the version has learned. */
    void applied(ServedVersion version, Consumer<Entry> onServed) {
        boolean first = versions.isEmpty();
        if (versions.size() == MAX) {
            versions.removeFirst();
        }
        versions.addLast(version);
        pending.forEach((partition, queue) -> {
            while (!queue.isEmpty()
                    && learned(version, partition, queue.peekFirst().offset())) {
                Pending next = queue.removeFirst();
                next.entry().served(served(version), next.live() && !first);
                onServed.accept(next.entry());
            }
        });
    }

    private static Entry.Served served(ServedVersion version) {
        return new Entry.Served(version.sequence(), version.learnedMs(), version.appliedMs());
    }
}
