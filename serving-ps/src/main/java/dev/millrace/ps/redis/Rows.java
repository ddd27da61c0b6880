package dev.millrace.ps.redis;

import dev.millrace.ps.delta.Delta;
import it.unimi.dsi.fastutil.longs.Long2FloatMap;
import it.unimi.dsi.fastutil.longs.Long2FloatOpenHashMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Rows on their way into one bucket, the last of each key. Belongs to one thread. */
final class Rows {
    private final Long2FloatOpenHashMap rows = new Long2FloatOpenHashMap();

    /** @param weight NaN: a tombstone */
    void put(long key, float weight) {
        rows.put(key, weight);
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
        for (Long2FloatMap.Entry row : rows.long2FloatEntrySet()) {
            if (Delta.isTombstone(row.getFloatValue())) {
                args.add(key(row.getLongKey()));
            }
        }
        args.set(count, Scripts.number(args.size() - count - 1L));
        for (Long2FloatMap.Entry row : rows.long2FloatEntrySet()) {
            if (!Delta.isTombstone(row.getFloatValue())) {
                args.add(key(row.getLongKey()));
                args.add(weight(row.getFloatValue()));
            }
        }
    }

    /** As fields of a hash. */
    Map<byte[], byte[]> fields() {
        Map<byte[], byte[]> fields = HashMap.newHashMap(rows.size());
        for (Long2FloatMap.Entry row : rows.long2FloatEntrySet()) {
            fields.put(key(row.getLongKey()), weight(row.getFloatValue()));
        }
        return fields;
    }

    private static byte[] key(long key) {
        return bytes(Long.BYTES).putLong(key).array();
    }

    private static byte[] weight(float weight) {
        return bytes(Float.BYTES).putFloat(weight).array();
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
