package dev.millrace.ingest.sample;

import dev.millrace.ingest.id.FeatureIds;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Bytes of a {@link SampleBlock}, slot by slot, that compress well and are quick to read; little endian, version 2, or 1
 * where the model has no heads:
 *
 * <pre>
 *  u8 version · u8 form (0: by slot, 1: by sample) · i32 n · i32 features · i64 joinedMs · i64 watermarkMs
 *  sampleId requestHash actionHash label weight keepRate servedScore modelVersion eventTimeMs flags: a column each
 *  version 2: i32 heads after the first · their label weight servedScore, a column each
 *  by slot    i32 slots · { u16 slot · counts u8 column[n] · ids · values f32 column } in the vectors' order
 *  by sample  counts i32 column[n] · i64 ids[features] · values f32 column[features]
 *
 *  column     u8 kind · 0: one value · 1: a value each
 *  ids        u8 kind · 0: one u48 · 1, 2: i32 size · u48 dictionary[size] · u8 or u16 places · 3: u48 each
 * </pre>
 *
 * By slot, unless the samples of the block have their slots in orders that contradict each other. Model and spec are
 * not in it: the file names them once.
 */
public final class ColumnarCodec {
    static final byte VERSION = 2;
    private static final byte WITHOUT_HEADS = 1;
    private static final int BY_SLOT = 0;
    private static final int BY_SAMPLE = 1;
    private static final int MAX_FEATURES = 1 << 28;
    /** A column of one value takes no bytes that would bound it. */
    private static final int MAX_HEAD_VALUES = 1 << 24;

    private ColumnarCodec() {}

    /** Most bytes that {@link #encode} may need for the block. */
    public static int maxBytes(SampleBlock block) {
        long bytes = 64 + (80L + 12L * block.heads()) * block.size() + 16L * block.offset(block.size());
        // A dictionary and its places beside it, counts, and heads of slots.
        return Math.toIntExact(bytes + 2L * block.offset(block.size()) + (1 << 20) + 40L * block.size());
    }

    /** Appends the block's bytes. @param out little endian, with room for {@link #maxBytes} */
    public static void encode(SampleBlock block, ByteBuffer out) {
        SampleBlock.Columns c = block.columns();
        int n = block.size();
        SlotOrder order = SlotOrder.of(c);
        out.put(c.more().count() == 0 ? WITHOUT_HEADS : VERSION);
        out.put((byte) (order == null ? BY_SAMPLE : BY_SLOT));
        out.putInt(n).putInt(c.featureIds().length);
        out.putLong(block.header().joinedMs()).putLong(block.header().watermarkMs());
        Columns.put(out, c.sampleIds(), n);
        Columns.put(out, c.requestHashes(), n);
        Columns.put(out, c.actionHashes(), n);
        Columns.put(out, c.labels(), n);
        Columns.put(out, c.weights(), n);
        Columns.put(out, c.keepRates(), n);
        Columns.put(out, c.servedScores(), n);
        Columns.put(out, c.modelVersions(), n);
        Columns.put(out, c.eventTimesMs(), n);
        Columns.put(out, c.flags(), n);
        if (c.more().count() > 0) {
            putMore(c.more(), out);
        }
        if (order == null) {
            bySample(c, n, out);
        } else {
            order.write(c, n, out);
        }
    }

    static void putMore(SampleBlock.MoreHeads more, ByteBuffer out) {
        out.putInt(more.count());
        if (more.count() == 0) {
            return;
        }
        Columns.put(out, more.labels(), more.labels().length);
        Columns.put(out, more.weights(), more.weights().length);
        Columns.put(out, more.servedScores(), more.servedScores().length);
    }

    /** What {@link #putMore} has written. */
    static SampleBlock.MoreHeads more(ByteBuffer in, int n) {
        int count = in.getInt();
        if (count < 0 || (long) n * count > MAX_HEAD_VALUES) {
            throw new IllegalArgumentException("columnar samples: " + count + " more heads of " + n + " samples");
        }
        return count == 0
                ? SampleBlock.MoreHeads.NONE
                : new SampleBlock.MoreHeads(
                        count,
                        Columns.floats(in, n * count),
                        Columns.floats(in, n * count),
                        Columns.floats(in, n * count));
    }

    private static void bySample(SampleBlock.Columns c, int n, ByteBuffer out) {
        int[] counts = new int[n];
        for (int i = 0; i < n; i++) {
            counts[i] = c.offsets()[i + 1] - c.offsets()[i];
        }
        Columns.put(out, counts, n);
        for (long id : c.featureIds()) {
            out.putLong(id);
        }
        Columns.put(out, c.featureValues(), c.featureValues().length);
    }

    /**
     * @param in little endian, consumed
     * @param model that the samples are for, with its fingerprint
     * @throws IllegalArgumentException or {@link java.nio.BufferUnderflowException} when these are not such bytes
     */
    public static SampleBlock decode(ByteBuffer in, String model, long specFingerprint) {
        byte version = in.get();
        if (version < WITHOUT_HEADS || version > VERSION) {
            throw new IllegalArgumentException(
                    "columnar samples: version " + version + ", known are " + WITHOUT_HEADS + ".." + VERSION);
        }
        int form = in.get();
        int n = in.getInt();
        int features = in.getInt();
        if (n < 0
                || features < 0
                || n > MAX_FEATURES
                || features > MAX_FEATURES
                || form < BY_SLOT
                || form > BY_SAMPLE) {
            throw new IllegalArgumentException(
                    "columnar samples: form " + form + ", " + n + " samples, " + features + " features");
        }
        var header = new SampleBlock.Header(model, specFingerprint, in.getLong(), in.getLong());
        var columns = new SampleBlock.Columns(
                Columns.longs(in, n),
                Columns.longs(in, n),
                Columns.longs(in, n),
                Columns.floats(in, n),
                Columns.floats(in, n),
                Columns.floats(in, n),
                Columns.floats(in, n),
                Columns.longs(in, n),
                Columns.longs(in, n),
                Columns.bytes(in, n),
                new int[n + 1],
                new long[features],
                new float[features],
                version == WITHOUT_HEADS ? SampleBlock.MoreHeads.NONE : more(in, n));
        if (form == BY_SLOT) {
            SlotOrder.read(in, columns, n);
        } else {
            readBySample(in, columns, n);
        }
        return new SampleBlock(header, columns);
    }

    private static void readBySample(ByteBuffer in, SampleBlock.Columns c, int n) {
        int[] counts = Columns.ints(in, n);
        for (int i = 0; i < n; i++) {
            c.offsets()[i + 1] = c.offsets()[i] + counts[i];
        }
        for (int f = 0; f < c.featureIds().length; f++) {
            c.featureIds()[f] = in.getLong();
        }
        float[] values = Columns.floats(in, c.featureValues().length);
        System.arraycopy(values, 0, c.featureValues(), 0, values.length);
    }

    /** For those who keep many: a buffer of the right order. */
    public static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Columns of one value, or of one each. */
    static final class Columns {
        private static final byte ONE = 0;
        private static final byte EACH = 1;

        private Columns() {}

        static void put(ByteBuffer out, long[] values, int n) {
            boolean one = true;
            for (int i = 1; i < n; i++) {
                one &= values[i] == values[0];
            }
            out.put(one ? ONE : EACH);
            for (int i = 0; i < (one ? Math.min(1, n) : n); i++) {
                out.putLong(values[i]);
            }
        }

        /** By bits: NaN is a value too. */
        static void put(ByteBuffer out, float[] values, int n) {
            boolean one = true;
            for (int i = 1; i < n; i++) {
                one &= Float.floatToRawIntBits(values[i]) == Float.floatToRawIntBits(values[0]);
            }
            out.put(one ? ONE : EACH);
            for (int i = 0; i < (one ? Math.min(1, n) : n); i++) {
                out.putFloat(values[i]);
            }
        }

        static void put(ByteBuffer out, int[] values, int n) {
            boolean one = true;
            for (int i = 1; i < n; i++) {
                one &= values[i] == values[0];
            }
            out.put(one ? ONE : EACH);
            for (int i = 0; i < (one ? Math.min(1, n) : n); i++) {
                out.putInt(values[i]);
            }
        }

        static void put(ByteBuffer out, byte[] values, int n) {
            boolean one = true;
            for (int i = 1; i < n; i++) {
                one &= values[i] == values[0];
            }
            out.put(one ? ONE : EACH);
            out.put(values, 0, one ? Math.min(1, n) : n);
        }

        private static boolean isOne(ByteBuffer in) {
            byte kind = in.get();
            if (kind != ONE && kind != EACH) {
                throw new IllegalArgumentException("columnar samples: a column of kind " + kind);
            }
            return kind == ONE;
        }

        static long[] longs(ByteBuffer in, int n) {
            boolean one = isOne(in);
            long[] values = new long[n];
            if (one && n > 0) {
                Arrays.fill(values, in.getLong());
            } else {
                in.asLongBuffer().get(values);
                in.position(in.position() + n * Long.BYTES);
            }
            return values;
        }

        static float[] floats(ByteBuffer in, int n) {
            boolean one = isOne(in);
            float[] values = new float[n];
            if (one && n > 0) {
                Arrays.fill(values, in.getFloat());
            } else {
                in.asFloatBuffer().get(values);
                in.position(in.position() + n * Float.BYTES);
            }
            return values;
        }

        static int[] ints(ByteBuffer in, int n) {
            boolean one = isOne(in);
            int[] values = new int[n];
            if (one && n > 0) {
                Arrays.fill(values, in.getInt());
            } else {
                in.asIntBuffer().get(values);
                in.position(in.position() + n * Integer.BYTES);
            }
            return values;
        }

        static byte[] bytes(ByteBuffer in, int n) {
            boolean one = isOne(in);
            byte[] values = new byte[n];
            if (one && n > 0) {
                Arrays.fill(values, in.get());
            } else {
                in.get(values);
            }
            return values;
        }

        static long low48(ByteBuffer in) {
            return Integer.toUnsignedLong(in.getInt()) | (long) Short.toUnsignedInt(in.getShort()) << Integer.SIZE;
        }

        static void putLow48(ByteBuffer out, long id) {
            out.putInt((int) id).putShort((short) (id >>> Integer.SIZE));
        }

        static long id(int slot, long hash) {
            return FeatureIds.pack(slot, hash);
        }
    }
}
