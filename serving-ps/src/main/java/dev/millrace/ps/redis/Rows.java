package dev.millrace.ps.redis;

import dev.millrace.ps.delta.Delta;
import it.unimi.dsi.fastutil.longs.Long2ObjectMap;
import it.unimi.dsi.fastutil.longs.Long2ObjectOpenHashMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Rows on their way into one bucket, the last of each key. Belongs to one thread. */
final class Rows {
    private static final byte[] TOMBSTONE = {};

    private final int width;
    private final Long2ObjectOpenHashMap<byte[]> rows = new Long2ObjectOpenHashMap<>();

    /** @param width floats of a row */
    Rows(int width) {
        this.width = width;
    }

    /** @param from the row begins there at {@code at}; NaN: a tombstone */
    void put(long key, float[] from, int at) {
        rows.put(key, Delta.isTombstone(from[at]) ? TOMBSTONE : row(from, at));
    }

    int size() {
        return rows.size();
    }

    void clear() {
        rows.clear();
    }

    /** Number of tombstones, their keys, then keys and weights. */
    void addTo(List<byte[]> args) {
        int count = args.size();
        args.add(Scripts.number(0));
        for (Long2ObjectMap.Entry<byte[]> row : rows.long2ObjectEntrySet()) {
            if (row.getValue().length == 0) {
                args.add(key(row.getLongKey()));
            }
        }
        args.set(count, Scripts.number(args.size() - count - 1L));
        for (Long2ObjectMap.Entry<byte[]> row : rows.long2ObjectEntrySet()) {
            if (row.getValue().length > 0) {
                args.add(key(row.getLongKey()));
                args.add(row.getValue());
            }
        }
    }

    /** As fields of a hash. */
    Map<byte[], byte[]> fields() {
        Map<byte[], byte[]> fields = HashMap.newHashMap(rows.size());
        for (Long2ObjectMap.Entry<byte[]> row : rows.long2ObjectEntrySet()) {
            fields.put(key(row.getLongKey()), row.getValue());
        }
        return fields;
    }

    private static byte[] key(long key) {
        return bytes(Long.BYTES).putLong(key).array();
    }

    private byte[] row(float[] from, int at) {
        byte[] row = new byte[width * Float.BYTES];
        ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(from, at, width);
        return row;
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
