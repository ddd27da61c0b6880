package dev.millrace.api.monitor.window;

import it.unimi.dsi.fastutil.longs.LongArrayList;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.nio.ByteBuffer;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The last ids of a topic's partition, since after a fault the join sends again what it sent. Kept in chunks of at most
 * {@value #CHUNK}, one a flush at least, of which the oldest goes when there are too many. Guarded by its task.
 */
final class SeenIds {
    /** Half a megabyte a record. */
    static final int CHUNK = 1 << 16;

    private final int capacity;
    private final LongOpenHashSet all = new LongOpenHashSet();
    private final TreeMap<Long, LongArrayList> chunks = new TreeMap<>();
    private LongArrayList open = new LongArrayList();

    SeenIds(int capacity) {
        this.capacity = capacity;
    }

    boolean isNew(long id) {
        if (!all.add(id)) {
            return false;
        }
        open.add(id);
        return true;
    }

    /** Tells the chunks that have come to be, and those that are gone. */
    void flush(BiConsumer<Long, byte @Nullable []> changes) {
        if (open.isEmpty()) {
            return;
        }
        for (int from = 0; from < open.size(); from += CHUNK) {
            add(new LongArrayList(open.subList(from, Math.min(open.size(), from + CHUNK))), changes);
        }
        open = new LongArrayList();
        while (all.size() > capacity && chunks.size() > 1) {
            var oldest = chunks.pollFirstEntry();
            oldest.getValue().forEach((long id) -> all.remove(id));
            changes.accept(oldest.getKey(), null);
        }
    }

    private void add(LongArrayList chunk, BiConsumer<Long, byte @Nullable []> changes) {
        long number = chunks.isEmpty() ? 0 : chunks.lastKey() + 1;
        chunks.put(number, chunk);
        ByteBuffer bytes = ByteBuffer.allocate(1 + chunk.size() * Long.BYTES).put(WindowSums.VERSION);
        chunk.forEach((long id) -> bytes.putLong(id));
        changes.accept(number, bytes.array());
    }

    /** @param value as {@link #flush} told it */
    void restore(long number, byte[] value) {
        ByteBuffer bytes = ByteBuffer.wrap(value);
        if (bytes.get() != WindowSums.VERSION) {
            throw new IllegalArgumentException("window state: ids of version " + value[0]);
        }
        LongArrayList chunk = new LongArrayList();
        while (bytes.hasRemaining()) {
            chunk.add(bytes.getLong());
        }
        chunks.put(number, chunk);
        all.addAll(chunk);
    }
}
