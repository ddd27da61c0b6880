package dev.millrace.ingest.sample;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes of a {@link SampleBlock}, little endian, version 4 where all samples have the same slots ({@link UniformForm}),
 * else 3, or 2 where the model has no heads:
 *
 * <pre>
 *  u8 version · u8 form (1: every feature value is 1, values left out; 2: no sample has flags, flags left out)
 *  u16 model length · model UTF-8
 *  i64 fingerprint · i64 joinedMs · i64 watermarkMs · i32 n · i32 features
 *  columns in SampleBlock's order, flags unless form 2, offsets as i32[n+1], then ids, then values unless form 1
 *  version 3: i32 heads after the first m · label[n·m] · weight[n·m] · servedScore[n·m]
 *  version 4: form 0, and UniformForm's bytes behind the number of features
 * </pre>
 *
 * Version 1, which is still read, has no flags.
 */
public final class SampleBlockCodec {
    static final byte VERSION = 4;
    private static final byte WITH_HEADS = 3;
    private static final byte WITHOUT_HEADS = 2;
    private static final byte WITHOUT_FLAGS = 1;

    private static final int ALL_ONES = 1;
    private static final int NO_FLAGS = 2;
    private static final int FIXED = 1 + 1 + 2 + 3 * Long.BYTES + 2 * Integer.BYTES;
    private static final int PER_SAMPLE = 5 * Long.BYTES + 4 * Float.BYTES + Integer.BYTES;

    private SampleBlockCodec() {}

    public static byte[] encode(SampleBlock block) {
        SampleBlock.Columns c = block.columns();
        byte[] model = block.header().model().getBytes(StandardCharsets.UTF_8);
        int n = block.size();
        int features = c.featureIds().length;
        if (UniformForm.fits(block)) {
            ByteBuffer out = ByteBuffer.allocate(FIXED + model.length + UniformForm.maxBytes(c))
                    .order(ByteOrder.LITTLE_ENDIAN);
            putHead(out, VERSION, 0, block.header(), model);
            out.putInt(n).putInt(features);
            UniformForm.write(c, out);
            return Arrays.copyOf(out.array(), out.position());
        }
        boolean ones = allOnes(c.featureValues());
        boolean plain = allZeros(c.flags());
        int bytes = FIXED
                + model.length
                + n * (PER_SAMPLE + (plain ? 0 : 1))
                + Integer.BYTES
                + features * (ones ? 8 : 12)
                + moreBytes(c.more());
        ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int form = (ones ? ALL_ONES : 0) | (plain ? NO_FLAGS : 0);
        putHead(out, c.more().count() == 0 ? WITHOUT_HEADS : WITH_HEADS, form, block.header(), model);
        out.putInt(n).putInt(features);
        put(out, c.sampleIds());
        put(out, c.requestHashes());
        put(out, c.actionHashes());
        put(out, c.labels());
        put(out, c.weights());
        put(out, c.keepRates());
        put(out, c.servedScores());
        put(out, c.modelVersions());
        put(out, c.eventTimesMs());
        if (!plain) {
            out.put(c.flags());
        }
        for (int offset : c.offsets()) {
            out.putInt(offset);
        }
        put(out, c.featureIds());
        if (!ones) {
            put(out, c.featureValues());
        }
        if (c.more().count() > 0) {
            out.putInt(c.more().count());
            put(out, c.more().labels());
            put(out, c.more().weights());
            put(out, c.more().servedScores());
        }
        return out.array();
    }

    private static void putHead(ByteBuffer out, byte version, int form, SampleBlock.Header header, byte[] model) {
        out.put(version).put((byte) form);
        out.putShort((short) model.length).put(model);
        out.putLong(header.specFingerprint()).putLong(header.joinedMs()).putLong(header.watermarkMs());
    }

    private static int moreBytes(SampleBlock.MoreHeads more) {
        return more.count() == 0 ? 0 : Integer.BYTES + 3 * Float.BYTES * more.labels().length;
    }

    private static SampleBlock.MoreHeads more(ByteBuffer in, int n, boolean present) {
        if (!present) {
            return SampleBlock.MoreHeads.NONE;
        }
        int count = in.getInt();
        if (count < 1 || 3L * Float.BYTES * n * count > in.remaining()) {
            throw new IllegalArgumentException("sample block: " + count + " more heads of " + n + " samples do not fit "
                    + in.remaining() + " bytes");
        }
        return new SampleBlock.MoreHeads(count, floats(in, n * count), floats(in, n * count), floats(in, n * count));
    }

    /** @throws IllegalArgumentException when the bytes are no block of a known version */
    public static SampleBlock decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            return decode(in);
        } catch (BufferUnderflowException | NegativeArraySizeException e) {
            throw new IllegalArgumentException("sample block: cut short at " + bytes.length + " bytes", e);
        }
    }

    private static SampleBlock decode(ByteBuffer in) {
        byte version = in.get();
        if (version < WITHOUT_FLAGS || version > VERSION) {
            throw new IllegalArgumentException(
                    "sample block: version " + version + ", known are " + WITHOUT_FLAGS + ".." + VERSION);
        }
        byte form = in.get();
        boolean ones = (form & ALL_ONES) != 0;
        boolean plain = version == WITHOUT_FLAGS || (form & NO_FLAGS) != 0;
        byte[] model = new byte[Short.toUnsignedInt(in.getShort())];
        in.get(model);
        var header = new SampleBlock.Header(
                new String(model, StandardCharsets.UTF_8), in.getLong(), in.getLong(), in.getLong());
        int n = in.getInt();
        int features = in.getInt();
        if (version == VERSION) {
            return UniformForm.read(in, header, n, features);
        }
        if (n < 0 || features < 0 || (long) n * PER_SAMPLE + (long) features * 8 > in.remaining()) {
            throw new IllegalArgumentException("sample block: " + n + " samples, " + features + " features do not fit "
                    + in.remaining() + " bytes");
        }
        return new SampleBlock(
                header,
                new SampleBlock.Columns(
                        longs(in, n),
                        longs(in, n),
                        longs(in, n),
                        floats(in, n),
                        floats(in, n),
                        floats(in, n),
                        floats(in, n),
                        longs(in, n),
                        longs(in, n),
                        flags(in, n, plain),
                        ints(in, n + 1),
                        longs(in, features),
                        ones ? ones(features) : floats(in, features),
                        more(in, n, version == WITH_HEADS)));
    }

    private static boolean allOnes(float[] values) {
        for (float value : values) {
            if (value != 1f) {
                return false;
            }
        }
        return true;
    }

    private static boolean allZeros(byte[] values) {
        for (byte value : values) {
            if (value != 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] flags(ByteBuffer in, int n, boolean plain) {
        byte[] flags = new byte[n];
        if (!plain) {
            in.get(flags);
        }
        return flags;
    }

    private static void put(ByteBuffer out, long[] values) {
        out.asLongBuffer().put(values);
        out.position(out.position() + values.length * Long.BYTES);
    }

    private static void put(ByteBuffer out, float[] values) {
        out.asFloatBuffer().put(values);
        out.position(out.position() + values.length * Float.BYTES);
    }

    private static long[] longs(ByteBuffer in, int n) {
        long[] values = new long[n];
        in.asLongBuffer().get(values);
        in.position(in.position() + n * Long.BYTES);
        return values;
    }

    private static int[] ints(ByteBuffer in, int n) {
        int[] values = new int[n];
        in.asIntBuffer().get(values);
        in.position(in.position() + n * Integer.BYTES);
        return values;
    }

    private static float[] floats(ByteBuffer in, int n) {
        float[] values = new float[n];
        in.asFloatBuffer().get(values);
        in.position(in.position() + n * Float.BYTES);
        return values;
    }

    private static float[] ones(int n) {
        float[] values = new float[n];
        Arrays.fill(values, 1f);
        return values;
    }
}
