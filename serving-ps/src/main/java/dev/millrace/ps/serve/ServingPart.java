package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.RowSink;
import dev.millrace.ps.table.KeyHash;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.Arrays;

/**
 * Serving rows whose keys' hashes end alike: one of 2ⁿ equal parts of a shard's, spread over all of its table. Filled again
 * for part after part. Belongs to one thread.
 *
 * <p>Memory: about 24 bytes a row and its floats.
 */
final class ServingPart {
    /** Of a row's place: twelve, and twice as much where the map has just grown. */
    private static final int BYTES_A_ROW = 32;

    /** Each is one more reading of the snapshot. */
    private static final int MOST_PARTS = 16;

    private static final int NONE = -1;
    private static final int FIRST_ROWS = 1024;

    private final int parts;
    private final int width;
    private final Long2IntOpenHashMap places = new Long2IntOpenHashMap();
    private int number;
    private float[] rows;
    private int used;

    private ServingPart(int parts, int width) {
        this.parts = parts;
        this.width = width;
        rows = new float[FIRST_ROWS * width];
        places.defaultReturnValue(NONE);
    }

    /**
     * @param most rows of all parts together
     * @param width floats of a row
     * @param bytes that a part may take, about; or a sixteenth of all, if that is more
     */
    static ServingPart of(long most, int width, long bytes) {
        long all = most * (BYTES_A_ROW + (long) width * Float.BYTES);
        int parts = 1;
        while (all / parts > bytes && parts < MOST_PARTS) {
            parts *= 2;
        }
        return new ServingPart(parts, width);
    }

    int parts() {
        return parts;
    }

    void begin(int part) {
        number = part;
        places.clear();
        used = 0;
    }

    /** Whether a row of this key belongs to it. */
    boolean takes(long key) {
        return (KeyHash.mix(key) & (parts - 1)) == number;
    }

    int size() {
        return places.size();
    }

    boolean has(long key) {
        return places.containsKey(key);
    }

    /** @param from a tombstone at {@code at}: no such row */
    void put(long key, float[] from, int at) {
        if (Delta.isTombstone(from[at])) {
            places.remove(key);
            return;
        }
        int place = places.get(key);
        if (place == NONE) {
            place = used++;
            places.put(key, place);
            if (used * width > rows.length) {
                rows = Arrays.copyOf(rows, 2 * rows.length);
            }
        }
        System.arraycopy(from, at, rows, place * width, width);
    }

    /** The same of all rows of a delta that belong to it. */
    void put(Delta delta) {
        for (int i = 0; i < delta.keys().length; i++) {
            if (takes(delta.keys()[i])) {
                put(delta.keys()[i], delta.weights(), delta.at(i));
            }
        }
    }

    /** @param sink is given a copy that is in use until it returns */
    void forEach(RowSink sink) {
        float[] row = new float[width];
        places.long2IntEntrySet().fastForEach(entry -> {
            System.arraycopy(rows, entry.getIntValue() * width, row, 0, width);
            sink.row(entry.getLongKey(), row);
        });
    }
}
