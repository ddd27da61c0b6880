package dev.millrace.api.monitor.window;

import dev.millrace.api.monitor.quality.ImpressionGroups;
import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.longs.Long2LongOpenHashMap;
import it.unimi.dsi.fastutil.longs.Long2ObjectLinkedOpenHashMap;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Labels of a model's requests until all must have come by event time; then the request's AUC is told, if it got both
 * labels. The oldest is told early when more than the bound are open, or have more than a million labels. Requests whose first label fell into the same two
 * seconds make a chunk, which is what is kept. Guarded by its task.
 */
final class OpenRequests {
    private static final long CHUNK_MS = 2_000;
    /** A chunk must fit into a record of the changelog. */
    private static final int MOST_SCORES = 1_000_000;

    /** Told of a request's AUC, and of the event time that it belongs to. */
    interface Told {
        void auc(long timeMs, double auc);
    }

    private static final class Request {
        final FloatArrayList positives = new FloatArrayList(1);
        final FloatArrayList negatives = new FloatArrayList(4);
    }

    private final long holdMs;
    private final int most;
    private final Told told;
    private final Long2LongOpenHashMap chunkOf = new Long2LongOpenHashMap();
    private final TreeMap<Long, Long2ObjectLinkedOpenHashMap<Request>> chunks = new TreeMap<>();
    private final TreeSet<Long> changed = new TreeSet<>();
    private int scores;

    /** @param holdMs event time after a request's first label, until its last must have come */
    OpenRequests(long holdMs, int most, Told told) {
        this.holdMs = holdMs;
        this.most = most;
        this.told = told;
        chunkOf.defaultReturnValue(Long.MIN_VALUE);
    }

    /** @param added whether it comes, and not goes: an earlier label of the item was wrong */
    void add(long timeMs, long requestHash, float score, boolean positive, boolean added) {
        long chunk = chunkOf.get(requestHash);
        if (chunk == Long.MIN_VALUE) {
            if (chunkOf.size() == most || scores >= MOST_SCORES) {
                tellOldest();
            }
            chunk = Math.floorDiv(timeMs, CHUNK_MS);
            chunkOf.put(requestHash, chunk);
            chunks.computeIfAbsent(chunk, c -> new Long2ObjectLinkedOpenHashMap<>())
                    .put(requestHash, new Request());
        }
        Request request = Objects.requireNonNull(chunks.get(chunk)).get(requestHash);
        FloatArrayList its = positive ? request.positives : request.negatives;
        if (added) {
            its.add(score);
            scores++;
        } else if (its.rem(score)) {
            scores--;
        }
        changed.add(chunk);
    }

    private void tellOldest() {
        var oldest = chunks.firstEntry();
        long hash = oldest.getValue().firstLongKey();
        tell(oldest.getKey(), hash, oldest.getValue().removeFirst());
        if (oldest.getValue().isEmpty()) {
            chunks.pollFirstEntry();
        }
    }

    /** Tells the requests whose labels must have come by this event time. */
    void expire(long watermarkMs) {
        while (!chunks.isEmpty() && endMs(chunks.firstKey()) <= watermarkMs) {
            var oldest = chunks.pollFirstEntry();
            oldest.getValue().forEach((hash, request) -> tell(oldest.getKey(), hash, request));
        }
    }

    private long endMs(long chunk) {
        return (chunk + 1) * CHUNK_MS + holdMs;
    }

    private void tell(long chunk, long hash, Request request) {
        chunkOf.remove(hash);
        scores -= request.positives.size() + request.negatives.size();
        changed.add(chunk);
        if (!request.positives.isEmpty() && !request.negatives.isEmpty()) {
            told.auc(endMs(chunk), ImpressionGroups.auc(request.positives, request.negatives));
        }
    }

    /** Tells the chunks that have changed; null: nothing is open in it any more. */
    void flush(BiConsumer<Long, byte @Nullable []> changes) {
        for (long chunk : changed) {
            var requests = chunks.get(chunk);
            changes.accept(chunk, requests == null ? null : bytes(requests));
        }
        changed.clear();
    }

    /** u8 version, then of each request: hash, how many positives and negatives, their scores. */
    private static byte[] bytes(Long2ObjectLinkedOpenHashMap<Request> requests) {
        int size = 1;
        for (Request request : requests.values()) {
            size += Long.BYTES + 2 * Integer.BYTES;
            size += (request.positives.size() + request.negatives.size()) * Float.BYTES;
        }
        ByteBuffer out = ByteBuffer.allocate(size).put(WindowSums.VERSION);
        requests.forEach((hash, request) -> {
            out.putLong(hash).putInt(request.positives.size()).putInt(request.negatives.size());
            request.positives.forEach((float score) -> out.putFloat(score));
            request.negatives.forEach((float score) -> out.putFloat(score));
        });
        return out.array();
    }

    /** A chunk as {@link #flush} told it. */
    void restore(long chunk, byte[] value) {
        ByteBuffer in = ByteBuffer.wrap(value);
        if (in.get() != WindowSums.VERSION) {
            throw new IllegalArgumentException("window state: requests of version " + value[0]);
        }
        var requests = new Long2ObjectLinkedOpenHashMap<Request>();
        while (in.hasRemaining()) {
            long hash = in.getLong();
            Request request = new Request();
            int positives = in.getInt();
            int negatives = in.getInt();
            for (int i = 0; i < positives; i++) {
                request.positives.add(in.getFloat());
            }
            for (int i = 0; i < negatives; i++) {
                request.negatives.add(in.getFloat());
            }
            requests.put(hash, request);
            scores += positives + negatives;
            chunkOf.put(hash, chunk);
        }
        chunks.put(chunk, requests);
    }
}
