package dev.millrace.ingest.sample;

import dev.millrace.ingest.id.FeatureIds;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Bytes of a block whose samples all have the same slots at the same places: what is the same in all of them stands there
 * once. Little endian:
 *
 * <pre>
 *  sampleId i64[n]
 *  requestHash actionHash label weight keepRate servedScore modelVersion eventTimeMs flags: a column each
 *  i32 heads after the first m · label[n·m] weight[n·m] servedScore[n·m] if m &gt; 0: a column each
 *  the first sample: id i64[width] · value f32[width]
 *  u8 varies[width]   1: the id does · 2: the value does
 *  sample by sample: u48 hash of each id that varies · f32 each value that does
 *  u16 0              an id may be read as eight bytes
 *
 *  column             as in {@link ColumnarCodec}
 * </pre>
 */
final class UniformForm {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle FLOAT = MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HASH = (1L << 48) - 1;
    private static final int HASH_BYTES = 6;
    private static final int ID = 1;
    private static final int VALUE = 2;
    /** Fewer samples do not make up for what stands there once. */
    private static final int FEWEST = 8;

    private static final int MOST_FEATURES = 1 << 21;

    private UniformForm() {}

    /** Whether the block is so, and of a size that gains. */
    static boolean fits(SampleBlock block) {
        int n = block.size();
        return n >= FEWEST && block.isUniform() && block.offset(1) > 0 && block.offset(n) <= MOST_FEATURES;
    }

    /** Most bytes that {@link #write} may need. */
    static int maxBytes(SampleBlock.Columns c) {
        int n = c.sampleIds().length;
        int width = c.offsets()[1];
        return 32
                + 80 * n
                + 13 * width
                + 12 * c.more().labels().length
                + (HASH_BYTES + Float.BYTES) * c.featureIds().length;
    }

    static void write(SampleBlock.Columns c, ByteBuffer out) {
        int n = c.sampleIds().length;
        int width = c.offsets()[1];
        for (long id : c.sampleIds()) {
            out.putLong(id);
        }
        ColumnarCodec.Columns.put(out, c.requestHashes(), n);
        ColumnarCodec.Columns.put(out, c.actionHashes(), n);
        ColumnarCodec.Columns.put(out, c.labels(), n);
        ColumnarCodec.Columns.put(out, c.weights(), n);
        ColumnarCodec.Columns.put(out, c.keepRates(), n);
        ColumnarCodec.Columns.put(out, c.servedScores(), n);
        ColumnarCodec.Columns.put(out, c.modelVersions(), n);
        ColumnarCodec.Columns.put(out, c.eventTimesMs(), n);
        ColumnarCodec.Columns.put(out, c.flags(), n);
        ColumnarCodec.putMore(c.more(), out);
        byte[] varies = varies(c, width);
        for (int p = 0; p < width; p++) {
            out.putLong(c.featureIds()[p]);
        }
        for (int p = 0; p < width; p++) {
            out.putFloat(c.featureValues()[p]);
        }
        out.put(varies);
        for (int first = 0; first < c.featureIds().length; first += width) {
            for (int p = 0; p < width; p++) {
                if ((varies[p] & ID) != 0) {
                    ColumnarCodec.Columns.putLow48(out, c.featureIds()[first + p]);
                }
            }
            for (int p = 0; p < width; p++) {
                if ((varies[p] & VALUE) != 0) {
                    out.putFloat(c.featureValues()[first + p]);
                }
            }
        }
        out.putShort((short) 0);
    }

    private static byte[] varies(SampleBlock.Columns c, int width) {
        byte[] varies = new byte[width];
        long[] ids = c.featureIds();
        float[] values = c.featureValues();
        for (int first = width; first < ids.length; first += width) {
            for (int p = 0; p < width; p++) {
                boolean id = ids[first + p] != ids[p];
                // By bits: NaN is a value too.
                boolean value = Float.floatToRawIntBits(values[first + p]) != Float.floatToRawIntBits(values[p]);
                varies[p] |= (byte) ((id ? ID : 0) | (value ? VALUE : 0));
            }
        }
        return varies;
    }

    /** @param in over a whole array, behind the numbers of samples and features */
    static SampleBlock read(ByteBuffer in, SampleBlock.Header header, int n, int features) {
        if (n < 1 || features % n != 0 || features > MOST_FEATURES || 8L * n + 13L * (features / n) > in.remaining()) {
            throw new IllegalArgumentException("sample block: " + n + " samples of the same slots, " + features
                    + " features do not fit " + in.remaining() + " bytes");
        }
        int width = features / n;
        var columns = new SampleBlock.Columns(
                longs(in, n),
                ColumnarCodec.Columns.longs(in, n),
                ColumnarCodec.Columns.longs(in, n),
                ColumnarCodec.Columns.floats(in, n),
                ColumnarCodec.Columns.floats(in, n),
                ColumnarCodec.Columns.floats(in, n),
                ColumnarCodec.Columns.floats(in, n),
                ColumnarCodec.Columns.longs(in, n),
                ColumnarCodec.Columns.longs(in, n),
                ColumnarCodec.Columns.bytes(in, n),
                offsets(n, width),
                new long[features],
                new float[features],
                ColumnarCodec.more(in, n));
        return readFeatures(in, n, width, columns)
                ? SampleBlock.ofUniform(header, columns)
                : new SampleBlock(header, columns);
    }

    private static int[] offsets(int n, int width) {
        int[] offsets = new int[n + 1];
        for (int i = 0; i <= n; i++) {
            offsets[i] = i * width;
        }
        return offsets;
    }

    private static long[] longs(ByteBuffer in, int n) {
        long[] values = new long[n];
        in.asLongBuffer().get(values);
        in.position(in.position() + n * Long.BYTES);
        return values;
    }

    /** @return whether it is plain that no id is 0 and that the block is uniform; else one has to look */
    private static boolean readFeatures(ByteBuffer in, int n, int width, SampleBlock.Columns c) {
        long[] first = longs(in, width);
        float[] firstValues = new float[width];
        in.asFloatBuffer().get(firstValues);
        in.position(in.position() + width * Float.BYTES);
        int[] ids = new int[width];
        int[] values = new int[width];
        int idCount = 0;
        int valueCount = 0;
        // Below 0 once an id is 0, or one that varies is that of a number's value.
        long plain = 0;
        for (int p = 0; p < width; p++) {
            byte varies = in.get();
            ids[idCount] = p;
            idCount += varies & ID;
            values[valueCount] = p;
            valueCount += (varies & VALUE) >>> 1;
            plain |= first[p] == FeatureIds.NONE ? -1 : (varies & ID) == 0 ? 0 : belowPlain(first[p] & HASH);
        }
        if (((long) HASH_BYTES * idCount + (long) Float.BYTES * valueCount) * n + Short.BYTES > in.remaining()) {
            throw new IllegalArgumentException("sample block: " + n + " samples with " + idCount + " ids and "
                    + valueCount + " values of their own do not fit " + in.remaining() + " bytes");
        }
        byte[] bytes = in.array();
        int at = in.arrayOffset() + in.position();
        long[] toIds = c.featureIds();
        float[] toValues = c.featureValues();
        for (int base = 0; base < toIds.length; base += width) {
            System.arraycopy(first, 0, toIds, base, width);
            System.arraycopy(firstValues, 0, toValues, base, width);
            for (int k = 0; k < idCount; k++) {
                int p = ids[k];
                long hash = (long) LONG.get(bytes, at) & HASH;
                plain |= belowPlain(hash);
                toIds[base + p] = (first[p] & ~HASH) | hash;
                at += HASH_BYTES;
            }
            for (int k = 0; k < valueCount; k++) {
                toValues[base + values[k]] = (float) FLOAT.get(bytes, at);
                at += Float.BYTES;
            }
        }
        in.position(at - in.arrayOffset() + Short.BYTES);
        return plain >= 0;
    }

    private static long belowPlain(long hash) {
        return hash - FeatureIds.VALUE - 1;
    }
}
