package dev.millrace.ingest.sample;

import dev.millrace.ingest.id.FeatureIds;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The slots of a block's vectors in an order that all of them keep, and its features slot by slot in it. */
final class SlotOrder {
    private static final int SLOTS = 1 << 16;
    /** More in one slot of one sample do not fit a count. */
    private static final int MAX_COUNT = 255;

    private static final int MAX_U8 = 1 << 8;
    private static final int MAX_U16 = 1 << 16;
    private static final byte ONE = 0;
    private static final byte U8 = 1;
    private static final byte U16 = 2;
    private static final byte EACH = 3;

    private final int[] slots;

    private SlotOrder(int[] slots) {
        this.slots = slots;
    }

    /** Null when there is no such order, or a slot is in a sample in several places or too often. */
    static @Nullable SlotOrder of(SampleBlock.Columns c) {
        short[] known = new short[SLOTS];
        List<Integer> found = new ArrayList<>();
        List<Set<Integer>> followers = new ArrayList<>();
        int n = c.sampleIds().length;
        for (int i = 0; i < n; i++) {
            int before = -1;
            int beforeSlot = -1;
            int run = 0;
            for (int f = c.offsets()[i]; f < c.offsets()[i + 1]; f++) {
                int slot = FeatureIds.slotOf(c.featureIds()[f]);
                run = slot == beforeSlot ? run + 1 : 1;
                if (run > MAX_COUNT) {
                    return null;
                }
                if (slot != beforeSlot) {
                    if (known[slot] == 0) {
                        found.add(slot);
                        followers.add(new HashSet<>());
                        known[slot] = (short) found.size();
                    }
                    int at = Short.toUnsignedInt(known[slot]) - 1;
                    if (before >= 0) {
                        followers.get(before).add(at);
                    }
                    before = at;
                    beforeSlot = slot;
                }
            }
        }
        return sorted(found, followers);
    }

    /** Kahn's algorithm; a slot that comes twice in a sample closes a cycle. */
    private static @Nullable SlotOrder sorted(List<Integer> found, List<Set<Integer>> followers) {
        int[] waiting = new int[found.size()];
        followers.forEach(all -> all.forEach(follower -> waiting[follower]++));
        int[] order = new int[found.size()];
        int ready = 0;
        for (int s = 0; s < waiting.length; s++) {
            if (waiting[s] == 0) {
                order[ready++] = s;
            }
        }
        for (int done = 0; done < ready; done++) {
            for (int follower : followers.get(order[done])) {
                if (--waiting[follower] == 0) {
                    order[ready++] = follower;
                }
            }
        }
        return ready == order.length
                ? new SlotOrder(Arrays.stream(order).map(found::get).toArray())
                : null;
    }

    void write(SampleBlock.Columns c, int n, ByteBuffer out) {
        out.putInt(slots.length);
        int[] at = Arrays.copyOf(c.offsets(), n);
        byte[] counts = new byte[n];
        long[] ids = new long[c.featureIds().length];
        float[] values = new float[ids.length];
        Dictionary dictionary = new Dictionary();
        for (int slot : slots) {
            int size = 0;
            for (int i = 0; i < n; i++) {
                int f = at[i];
                int end = c.offsets()[i + 1];
                while (f < end && FeatureIds.slotOf(c.featureIds()[f]) == slot) {
                    ids[size] = c.featureIds()[f];
                    values[size++] = c.featureValues()[f++];
                }
                counts[i] = (byte) (f - at[i]);
                at[i] = f;
            }
            out.putShort((short) slot);
            ColumnarCodec.Columns.put(out, counts, n);
            dictionary.write(ids, size, out);
            ColumnarCodec.Columns.put(out, values, size);
        }
    }

    /** The ids of one slot. */
    private static final class Dictionary {
        private static final int MANY = 2 * MAX_U16;

        private final long[] ids = new long[MAX_U16];
        /** Open addressing: place + 1 in ids; 0: none. */
        private int[] table = new int[MANY];

        private int known;

        /** @return −1 when there are too many */
        private int place(long id) {
            int mask = table.length - 1;
            int at = (int) ((id * 0x9E3779B97F4A7C15L) >>> 40) & mask;
            while (table[at] != 0) {
                if (ids[table[at] - 1] == id) {
                    return table[at] - 1;
                }
                at = (at + 1) & mask;
            }
            if (known == MAX_U16) {
                return -1;
            }
            ids[known] = id;
            table[at] = ++known;
            return known - 1;
        }

        void write(long[] all, int size, ByteBuffer out) {
            int wanted = Math.min(MANY, Integer.highestOneBit(Math.max(8, size)) << 2);
            if (table.length == wanted) {
                Arrays.fill(table, 0);
            } else {
                table = new int[wanted];
            }
            known = 0;
            int[] place = new int[size];
            for (int i = 0; i < size; i++) {
                place[i] = place(all[i]);
                if (place[i] < 0) {
                    each(all, size, out);
                    return;
                }
            }
            // A dictionary that nearly every sample adds to saves nothing.
            if (known > MAX_U8 && known > size / 2) {
                each(all, size, out);
                return;
            }
            out.put(known == 1 ? ONE : known <= MAX_U8 ? U8 : U16);
            if (known != 1) {
                out.putInt(known);
            }
            for (int i = 0; i < known; i++) {
                ColumnarCodec.Columns.putLow48(out, ids[i]);
            }
            for (int i = 0; i < size && known != 1; i++) {
                if (known <= MAX_U8) {
                    out.put((byte) place[i]);
                } else {
                    out.putShort((short) place[i]);
                }
            }
        }

        private static void each(long[] all, int size, ByteBuffer out) {
            out.put(EACH);
            for (int i = 0; i < size; i++) {
                ColumnarCodec.Columns.putLow48(out, all[i]);
            }
        }
    }

    /** Fills offsets, ids and values. */
    static void read(ByteBuffer in, SampleBlock.Columns c, int n) {
        int slots = in.getInt();
        if (slots < 0 || slots > SLOTS) {
            throw new IllegalArgumentException("columnar samples: " + slots + " slots");
        }
        byte[][] counts = new byte[slots][];
        long[][] ids = new long[slots][];
        float[][] values = new float[slots][];
        int[] offsets = c.offsets();
        for (int s = 0; s < slots; s++) {
            int slot = Short.toUnsignedInt(in.getShort());
            counts[s] = ColumnarCodec.Columns.bytes(in, n);
            int size = 0;
            for (int i = 0; i < n; i++) {
                size += counts[s][i] & 0xFF;
                offsets[i + 1] += counts[s][i] & 0xFF;
            }
            ids[s] = ids(in, slot, size);
            values[s] = ColumnarCodec.Columns.floats(in, size);
        }
        for (int i = 0; i < n; i++) {
            offsets[i + 1] += offsets[i];
        }
        if (offsets[n] != c.featureIds().length) {
            throw new IllegalArgumentException(
                    "columnar samples: " + offsets[n] + " features in their slots, not " + c.featureIds().length);
        }
        int[] at = Arrays.copyOf(offsets, n);
        for (int s = 0; s < slots; s++) {
            scatter(counts[s], ids[s], values[s], at, c);
        }
    }

    private static void scatter(byte[] counts, long[] ids, float[] values, int[] at, SampleBlock.Columns c) {
        long[] toIds = c.featureIds();
        float[] toValues = c.featureValues();
        int from = 0;
        for (int i = 0; i < counts.length; i++) {
            int to = at[i];
            for (int k = counts[i] & 0xFF; k > 0; k--) {
                toIds[to] = ids[from];
                toValues[to++] = values[from++];
            }
            at[i] = to;
        }
    }

    private static long[] ids(ByteBuffer in, int slot, int size) {
        long[] ids = new long[size];
        byte kind = in.get();
        switch (kind) {
            case ONE -> Arrays.fill(ids, ColumnarCodec.Columns.id(slot, ColumnarCodec.Columns.low48(in)));
            case U8, U16 -> {
                int known = in.getInt();
                if (known < 0 || known > MAX_U16) {
                    throw new IllegalArgumentException("columnar samples: a dictionary of " + known);
                }
                long[] dictionary = new long[MAX_U16];
                for (int i = 0; i < known; i++) {
                    dictionary[i] = ColumnarCodec.Columns.id(slot, ColumnarCodec.Columns.low48(in));
                }
                for (int i = 0; i < size; i++) {
                    ids[i] = dictionary[kind == U8 ? in.get() & 0xFF : Short.toUnsignedInt(in.getShort())];
                }
            }
            case EACH -> {
                for (int i = 0; i < size; i++) {
                    ids[i] = ColumnarCodec.Columns.id(slot, ColumnarCodec.Columns.low48(in));
                }
            }
            default -> throw new IllegalArgumentException("columnar samples: ids of kind " + kind);
        }
        return ids;
    }
}
