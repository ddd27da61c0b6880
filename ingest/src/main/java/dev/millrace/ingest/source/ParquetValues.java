package dev.millrace.ingest.source;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * The values of one column of a row group, decoded: one entry a value or null, in their order. Encodings PLAIN, RLE and
 * dictionaries; uncompressed, Snappy, GZIP and Zstandard; data pages of both versions. One thread.
 */
final class ParquetValues {
    private static final int MAX_PAGE = 256 << 20;
    private static final int MAX_VALUES = 1 << 27;
    private static final int DATA = 0;
    private static final int DICTIONARY = 2;
    private static final int DATA_V2 = 3;
    private static final int PLAIN = 0;
    private static final int PLAIN_DICTIONARY = 2;
    private static final int RLE = 3;
    private static final int RLE_DICTIONARY = 8;

    private static final int BOOLEAN = 0;
    private static final int INT32 = 1;
    private static final int INT64 = 2;
    private static final int FLOAT = 4;
    private static final int DOUBLE = 5;
    private static final int BYTE_ARRAY = 6;

    private final ParquetFile.Leaf leaf;
    private final int codec;
    private final int[] definitions;
    private final int[] repetitions;
    /** Of texts: where they are in {@link #bytes}; of numbers: none. */
    private int[] starts = new int[0];

    private int[] ends = new int[0];
    private double[] numbers = new double[0];
    private byte[] bytes = new byte[0];
    private int used;
    private int entries;
    private int values;
    /** The dictionary's entries stand first. */
    private int known;

    private int[] entryOf;

    /** @param in the column's pages */
    ParquetValues(ParquetFile.Leaf leaf, ParquetFile.Chunk chunk, byte[] in) {
        this.leaf = leaf;
        this.codec = chunk.codec();
        if (chunk.values() < 0 || chunk.values() > MAX_VALUES) {
            throw new IllegalArgumentException(chunk.values() + " values in one row group, more than " + MAX_VALUES);
        }
        int n = (int) chunk.values();
        definitions = new int[n];
        repetitions = new int[n];
        entryOf = new int[n];
        int at = 0;
        while (entries < n) {
            ThriftCompact thrift = new ThriftCompact(in, at, in.length);
            ThriftCompact.Struct head = thrift.struct();
            int compressed = head.size(3);
            if (compressed < 0
                    || compressed > in.length - thrift.position()
                    || head.size(2) < 0
                    || head.size(2) > MAX_PAGE) {
                throw new IllegalArgumentException("a page of " + compressed + " bytes");
            }
            page(head, in, thrift.position(), compressed);
            at = thrift.position() + compressed;
        }
    }

    int entries() {
        return entries;
    }

    boolean isThere(int entry) {
        return definitions[entry] == leaf.maxDefinition();
    }

    /** Whether an entry is of the same row as the one before. */
    boolean continues(int entry) {
        return repetitions[entry] > 0;
    }

    boolean isText() {
        return leaf.type() == BYTE_ARRAY;
    }

    /** Whether rows may have several. */
    boolean isRepeated() {
        return leaf.maxRepetition() > 0;
    }

    double number(int entry) {
        return numbers[entryOf[entry]];
    }

    byte[] bytes() {
        return bytes;
    }

    int start(int entry) {
        return starts[entryOf[entry]];
    }

    int end(int entry) {
        return ends[entryOf[entry]];
    }

    private void page(ThriftCompact.Struct head, byte[] in, int from, int length) {
        switch (head.size(1)) {
            case DICTIONARY -> {
                byte[] page = decompress(in, from, length, head.size(2));
                known = head.struct(7).size(1);
                plain(page, 0, page.length, known);
            }
            case DATA -> {
                byte[] page = decompress(in, from, length, head.size(2));
                ThriftCompact.Struct data = head.struct(5);
                int n = data.size(1);
                int at = levels(page, 0, n, leaf.maxRepetition(), repetitions);
                at = levels(page, at, n, leaf.maxDefinition(), definitions);
                values(page, at, n, data.size(2));
            }
            case DATA_V2 -> {
                ThriftCompact.Struct data = head.struct(8);
                int n = data.size(1);
                int repeated = data.size(6);
                int defined = data.size(5);
                levels(in, from, from + repeated, n, leaf.maxRepetition(), repetitions);
                levels(in, from + repeated, from + repeated + defined, n, leaf.maxDefinition(), definitions);
                int skip = repeated + defined;
                byte[] page = data.flag(7, true)
                        ? decompress(in, from + skip, length - skip, head.size(2) - skip)
                        : Arrays.copyOfRange(in, from + skip, from + length);
                values(page, 0, n, data.size(4));
            }
            // An index, which is not needed.
            default -> {}
        }
    }

    private byte[] decompress(byte[] in, int from, int length, int size) {
        byte[] out = new byte[size];
        switch (codec) {
            case 0 -> System.arraycopy(in, from, out, 0, size);
            case 1 -> Snappy.decompress(in, from, length, out, size);
            case 2 -> {
                try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(in, from, length))) {
                    if (gzip.readNBytes(out, 0, size) != size) {
                        throw new IllegalArgumentException("a page ends too early");
                    }
                } catch (IOException e) {
                    // In memory nothing fails but the bytes themselves.
                    throw new IllegalArgumentException("a damaged page: " + e.getMessage(), e);
                }
            }
            case 6 -> {
                try {
                    if (Zstd.decompressByteArray(out, 0, size, in, from, length) != size) {
                        throw new IllegalArgumentException("a damaged page");
                    }
                } catch (ZstdException e) {
                    throw new IllegalArgumentException("a damaged page: " + e.getMessage(), e);
                }
            }
            default ->
                throw new IllegalArgumentException(
                        "compression " + codec + "; write it uncompressed or with snappy, gzip or zstd");
        }
        return out;
    }

    // ---- levels ----

    /** With their length in front, as pages of version 1 have them; @return where they end */
    private int levels(byte[] page, int from, int n, int max, int[] to) {
        if (max == 0) {
            return from;
        }
        int length = little(page, from, Integer.BYTES);
        levels(page, from + Integer.BYTES, from + Integer.BYTES + length, n, max, to);
        return from + Integer.BYTES + length;
    }

    private void levels(byte[] page, int from, int end, int n, int max, int[] to) {
        if (entries + n > to.length) {
            throw new IllegalArgumentException("more values than the column has");
        }
        if (max > 0) {
            hybrid(page, from, end, Integer.SIZE - Integer.numberOfLeadingZeros(max), n, to, entries);
        }
    }

    /** Runs of one value, and groups of eight packed ones. */
    private static void hybrid(byte[] in, int from, int end, int width, int n, int[] to, int offset) {
        int at = from;
        int done = 0;
        while (done < n && at < end) {
            int head = 0;
            int shift = 0;
            while (in[at] < 0) {
                head |= (in[at++] & 0x7F) << shift;
                shift += 7;
            }
            head |= in[at++] << shift;
            if ((head & 1) == 0) {
                int value = little(in, at, (width + 7) / 8);
                at += (width + 7) / 8;
                int run = Math.min(head >>> 1, n - done);
                Arrays.fill(to, offset + done, offset + done + run, value);
                done += run;
            } else {
                long bit = 8L * at;
                int packed = (head >>> 1) * 8;
                for (int i = 0; i < packed && done < n; i++, bit += width) {
                    to[offset + done++] = bits(in, bit, width);
                }
                at += (head >>> 1) * width;
            }
        }
        if (done < n) {
            throw new IllegalArgumentException("runs that end too early");
        }
    }

    private static int bits(byte[] in, long bit, int width) {
        int at = (int) (bit >>> 3);
        long word = 0;
        for (int i = 0; i < 5 && at + i < in.length; i++) {
            word |= (in[at + i] & 0xFFL) << (8 * i);
        }
        return (int) (word >>> (bit & 7)) & (int) ((1L << width) - 1);
    }

    // ---- values ----

    private void values(byte[] page, int from, int n, int encoding) {
        if (entries + n > definitions.length) {
            throw new IllegalArgumentException("more values than the column has");
        }
        int there = 0;
        for (int i = entries; i < entries + n; i++) {
            there += isThere(i) ? 1 : 0;
        }
        int[] index = new int[there];
        if (encoding == PLAIN_DICTIONARY || encoding == RLE_DICTIONARY) {
            hybrid(page, from + 1, page.length, page.length > from ? page[from] : 0, there, index, 0);
            for (int i : index) {
                if (i < 0 || i >= known) {
                    throw new IllegalArgumentException("entry " + i + " of a dictionary of " + known);
                }
            }
        } else {
            Arrays.setAll(index, i -> values + i);
            if (encoding == RLE && leaf.type() == BOOLEAN) {
                int[] flags = new int[there];
                hybrid(page, from + Integer.BYTES, page.length, 1, there, flags, 0);
                room(values + there);
                for (int i = 0; i < there; i++) {
                    numbers[values++] = flags[i];
                }
            } else if (encoding == PLAIN) {
                plain(page, from, page.length, there);
            } else {
                throw new IllegalArgumentException(
                        "encoding " + encoding + "; write it with parquet.writer.version v1");
            }
        }
        int next = 0;
        for (int i = entries; i < entries + n; i++) {
            entryOf[i] = isThere(i) ? index[next++] : -1;
        }
        entries += n;
    }

    private void room(int count) {
        if (isText() && starts.length < count) {
            starts = Arrays.copyOf(starts, Math.max(count, 2 * starts.length));
            ends = Arrays.copyOf(ends, starts.length);
        } else if (!isText() && numbers.length < count) {
            numbers = Arrays.copyOf(numbers, Math.max(count, 2 * numbers.length));
        }
    }

    private void plain(byte[] page, int from, int end, int n) {
        if (n < 0 || n > (long) Byte.SIZE * (end - from)) {
            throw new IllegalArgumentException(n + " values in a page of " + (end - from) + " bytes");
        }
        room(values + n);
        if (isText()) {
            texts(page, from, end, n);
            return;
        }
        ByteBuffer in = ByteBuffer.wrap(page, from, end - from).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < n; i++) {
            numbers[values++] = switch (leaf.type()) {
                case BOOLEAN -> bits(page, 8L * from + i, 1);
                case INT32 -> in.getInt();
                case INT64 -> in.getLong();
                case FLOAT -> in.getFloat();
                case DOUBLE -> in.getDouble();
                default ->
                    throw new IllegalArgumentException("values of type " + leaf.type()
                            + "; write booleans, whole numbers, floats, doubles or strings");
            };
        }
    }

    private void texts(byte[] page, int from, int end, int n) {
        if (bytes.length < used + end - from) {
            bytes = Arrays.copyOf(bytes, Math.max(used + end - from, 2 * bytes.length));
        }
        int at = from;
        for (int i = 0; i < n; i++) {
            int length = little(page, at, Integer.BYTES);
            at += Integer.BYTES;
            if (length < 0 || length > end - at) {
                throw new IllegalArgumentException("a text of " + length + " bytes");
            }
            System.arraycopy(page, at, bytes, used, length);
            starts[values] = used;
            used += length;
            ends[values++] = used;
            at += length;
        }
    }

    private static int little(byte[] in, int at, int count) {
        int n = 0;
        for (int i = 0; i < count; i++) {
            n |= (in[at + i] & 0xFF) << (8 * i);
        }
        return n;
    }
}
