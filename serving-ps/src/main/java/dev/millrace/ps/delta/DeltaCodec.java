package dev.millrace.ps.delta;

import dev.millrace.ingest.spec.WeightFormat;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a {@link Delta}, little endian, version 2:
 *
 * <pre>
 *  u8 version=2 · i32 shard · i32 shards · i64 epoch · i64 sequence · i64 fingerprint · i64 learnedMs · i64 watermarkMs
 *  i64 samples · i64 sampleIdSum · i64 duplicateSamples
 *  u8 weights (0 f32, 1 f16, 2 q2.13) · u8 parity (0 none, 1: · u8 rangeBits · i32 range · i64 rows · i64 digest)
 *  i32 partitions · { i32 partition · i64 from · i64 to }
 *  i32 short rows · i32 rows · i64 key[rows] · i16 weight[short rows] · f32 weight[rows − short rows]
 *  i32 CRC32C of everything before
 * </pre>
 *
 * A row whose weight 16 bits carry exactly is a short one and comes first; means and scales of numbers, which are not
 * rounded, mostly are not. In q2.13, −32768 is the tombstone; elsewhere NaN is.
 *
 * <p>Version 3, of rows with vectors, has {@link WideRows} in place of the rows. Version 1 is still read: without shards,
 * epoch, weights, parity, short rows and checksum.
 */
public final class DeltaCodec {
    static final byte VERSION = 2;
    static final byte WIDE = 3;

    /** Most rows of a delta, so that it is a record that the log takes. */
    public static final int MAX_ROWS = 1_000_000;

    private static final int MAX_BYTES = 12_000_000;
    private static final int FIXED = 1 + 2 * Integer.BYTES + 8 * Long.BYTES + 2 + 3 * Integer.BYTES;
    private static final int PARITY = 1 + Integer.BYTES + 2 * Long.BYTES;
    private static final int PER_PARTITION = Integer.BYTES + 2 * Long.BYTES;
    private static final int CHECKSUM = Integer.BYTES;
    /** Bytes a row on the wire, at most. */
    public static final int PER_ROW = Long.BYTES + Float.BYTES;

    private DeltaCodec() {}

    /** Most rows of a delta of that width: {@link #MAX_ROWS} of width 1. */
    public static int maxRows(int width) {
        return MAX_BYTES / (Long.BYTES + width * Float.BYTES);
    }

    /** @throws IllegalArgumentException when it has more than {@link #maxRows} rows */
    public static byte[] encode(Delta delta) {
        Delta.Header h = delta.header();
        int rows = delta.keys().length;
        if (rows > maxRows(delta.width())) {
            throw new IllegalArgumentException(
                    "delta: " + rows + " rows, at most " + maxRows(delta.width()) + " are one record");
        }
        boolean wide = delta.width() > 1;
        int rowBytes = wide ? WideRows.bytes(delta) : rows * PER_ROW;
        int parity = h.parity() == null ? 0 : PARITY;
        byte[] bytes = new byte[FIXED + parity + h.ranges().size() * PER_PARTITION + rowBytes + CHECKSUM];
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.put(wide ? WIDE : VERSION)
                .putInt(h.shard())
                .putInt(h.shards())
                .putLong(h.epoch())
                .putLong(h.sequence());
        out.putLong(h.specFingerprint()).putLong(h.learnedMs()).putLong(h.watermarkMs());
        out.putLong(h.samples()).putLong(h.sampleIdSum()).putLong(h.duplicateSamples());
        out.put((byte) h.weights().ordinal());
        encode(h.parity(), out);
        out.putInt(h.ranges().size());
        h.ranges()
                .forEach((partition, range) ->
                        out.putInt(partition).putLong(range.from()).putLong(range.to()));
        if (wide) {
            WideRows.encode(delta, out);
        } else {
            encodeRows(delta, out);
        }
        out.putInt(checksum(bytes, out.position()));
        return out.hasRemaining() ? Arrays.copyOf(bytes, out.position()) : bytes;
    }

    private static void encode(Delta.@Nullable Parity parity, ByteBuffer out) {
        if (parity == null) {
            out.put((byte) 0);
        } else {
            out.put((byte) 1).put((byte) parity.rangeBits()).putInt(parity.range());
            out.putLong(parity.rows()).putLong(parity.digest());
        }
    }

    private static void encodeRows(Delta delta, ByteBuffer out) {
        WeightFormat format = delta.header().weights();
        long[] keys = delta.keys();
        float[] weights = delta.weights();
        int countsAt = out.position();
        out.position(countsAt + 2 * Integer.BYTES);
        if (format == WeightFormat.F32) {
            out.asLongBuffer().put(keys);
            out.position(out.position() + keys.length * Long.BYTES);
            out.asFloatBuffer().put(weights);
            out.position(out.position() + keys.length * Float.BYTES);
            out.putInt(countsAt, 0).putInt(countsAt + Integer.BYTES, keys.length);
            return;
        }
        boolean[] isShort = new boolean[keys.length];
        int shorts = 0;
        for (int i = 0; i < keys.length; i++) {
            isShort[i] = WeightRounding.fits(format, weights[i]);
            shorts += isShort[i] ? 1 : 0;
        }
        int firstKey = out.position();
        int firstShort = firstKey + keys.length * Long.BYTES;
        int firstFloat = firstShort + shorts * Short.BYTES;
        int s = 0;
        for (int i = 0; i < keys.length; i++) {
            int at = isShort[i] ? s : shorts + i - s;
            out.putLong(firstKey + at * Long.BYTES, keys[i]);
            if (isShort[i]) {
                out.putShort(firstShort + at * Short.BYTES, WeightRounding.encode(format, weights[i]));
                s++;
            } else {
                out.putFloat(firstFloat + (at - shorts) * Float.BYTES, weights[i]);
            }
        }
        out.putInt(countsAt, shorts).putInt(countsAt + Integer.BYTES, keys.length);
        out.position(firstFloat + (keys.length - shorts) * Float.BYTES);
    }

    /** @throws IllegalArgumentException when the bytes are no whole delta of a known version */
    public static Delta decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            byte version = in.get();
            return switch (version) {
                case 1 -> DeltaCodecV1.decode(in);
                case VERSION, WIDE -> decode(version, bytes, in);
                default -> throw new IllegalArgumentException("delta: version " + version + ", known are 1 to " + WIDE);
            };
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("delta: cut short at " + bytes.length + " bytes", e);
        }
    }

    private static Delta decode(byte version, byte[] bytes, ByteBuffer in) {
        int body = bytes.length - CHECKSUM;
        if (body < FIXED || in.getInt(body) != checksum(bytes, body)) {
            throw new IllegalArgumentException("delta: its checksum does not match, " + bytes.length + " bytes");
        }
        in.limit(body);
        int shard = in.getInt();
        int shards = in.getInt();
        long epoch = in.getLong();
        long sequence = in.getLong();
        long fingerprint = in.getLong();
        long learnedMs = in.getLong();
        long watermarkMs = in.getLong();
        long samples = in.getLong();
        long sampleIdSum = in.getLong();
        long duplicateSamples = in.getLong();
        WeightFormat weights = format(in.get());
        Delta.Parity parity = parity(in);
        var header = new Delta.Header(
                shard,
                shards,
                epoch,
                sequence,
                fingerprint,
                learnedMs,
                watermarkMs,
                ranges(in),
                samples,
                sampleIdSum,
                duplicateSamples,
                weights,
                parity);
        return version == WIDE ? WideRows.decode(header, in) : decodeRows(header, in);
    }

    private static WeightFormat format(int ordinal) {
        if (ordinal < 0 || ordinal >= WeightFormat.values().length) {
            throw new IllegalArgumentException("delta: weights of format " + ordinal);
        }
        return WeightFormat.values()[ordinal];
    }

    private static Delta.@Nullable Parity parity(ByteBuffer in) {
        byte present = in.get();
        return switch (present) {
            case 0 -> null;
            case 1 -> new Delta.Parity(in.get(), in.getInt(), in.getLong(), in.getLong());
            default -> throw new IllegalArgumentException("delta: parity " + present);
        };
    }

    static SortedMap<Integer, Delta.Range> ranges(ByteBuffer in) {
        SortedMap<Integer, Delta.Range> ranges = new TreeMap<>();
        int partitions = in.getInt();
        check(partitions, (long) partitions * PER_PARTITION <= in.remaining(), "partitions", in);
        for (int p = 0; p < partitions; p++) {
            ranges.put(in.getInt(), new Delta.Range(in.getLong(), in.getLong()));
        }
        return ranges;
    }

    private static Delta decodeRows(Delta.Header header, ByteBuffer in) {
        int shorts = in.getInt();
        int rows = in.getInt();
        check(shorts, shorts <= rows, "short rows", in);
        long bytes = rows * (long) PER_ROW - shorts * (long) (Float.BYTES - Short.BYTES);
        check(rows, bytes == in.remaining(), "rows", in);
        long[] keys = new long[rows];
        in.asLongBuffer().get(keys);
        in.position(in.position() + rows * Long.BYTES);
        float[] weights = new float[rows];
        for (int i = 0; i < shorts; i++) {
            weights[i] = WeightRounding.decode(header.weights(), in.getShort());
        }
        in.asFloatBuffer().get(weights, shorts, rows - shorts);
        return new Delta(header, keys, weights);
    }

    static void check(int count, boolean fits, String what, ByteBuffer in) {
        if (count < 0 || !fits) {
            throw new IllegalArgumentException(
                    "delta: " + count + " " + what + " do not fit " + in.remaining() + " bytes");
        }
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
