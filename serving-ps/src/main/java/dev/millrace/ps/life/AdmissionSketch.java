package dev.millrace.ps.life;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Counts the occurrences of keys that have no row yet, in bounded memory: a count-min sketch (Cormode and Muthukrishnan
 * 2005) with conservative update (Estan and Varghese 2002), off heap.
 *
 * <pre>
 *             0                                      width − 1
 *           +---+---+---+------------- ... ------------+---+
 *  depth 0  | c | c | c |                              | c |   saturating counters of 8 bits, or of 16
 *  ...      +---+---+---+------------- ... ------------+---+   a key has one in each line;
 *  depth 3  | c | c | c |                              | c |   its count is the least of the four
 *           +---+---+---+------------- ... ------------+---+
 * </pre>
 *
 * <p>A count is never too low. It is too high by more than e·N / width with a probability below e⁻⁴ = 1.8 %, where N is
 * the number of occurrences counted; conservative update only lowers that. All counters are halved after width / 2
 * occurrences (aging as in TinyLFU, Einziger et al. 2017), so that N stays below width and the error's bound below e:
 * what is counted is the occurrences among the recent ones, and a key that comes too rarely is forgotten.
 *
 * <p>The same occurrences in the same order give the same counts, on any machine. One thread.
 */
public final class AdmissionSketch {
    /** Lines of counters. */
    public static final int DEPTH = 4;

    private static final byte VERSION = 1;
    private static final int HEADER = 2 * Byte.BYTES + Integer.BYTES + 2 * Long.BYTES;
    private static final int BYTE_LIMIT = 0xFF;
    private static final int SHORT_LIMIT = 0xFFFF;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final long seed;
    private final int counterBytes;
    private final int limit;
    private final int width;
    private final MemorySegment counters;
    /** Of the key looked at last. */
    private final long[] places = new long[DEPTH];

    /** Occurrences since the counters were last halved. */
    private long added;

    /**
     * @param bytes memory of the counters, at least 1 KiB; a few bytes of it may stay unused
     * @param highest the highest count that must be told from the next lower one, 1..65535
     * @param seed of the hash
     */
    public AdmissionSketch(int bytes, int highest, long seed) {
        this(seed, highest <= BYTE_LIMIT ? 1 : 2, width(bytes, highest <= BYTE_LIMIT ? 1 : 2));
        if (highest < 1 || highest > SHORT_LIMIT) {
            throw new IllegalArgumentException("counts up to 1..65535, not " + highest);
        }
    }

    private AdmissionSketch(long seed, int counterBytes, int width) {
        this.seed = seed;
        this.counterBytes = counterBytes;
        this.limit = counterBytes == 1 ? BYTE_LIMIT : SHORT_LIMIT;
        this.width = width;
        // Freed by the collector: there are as many as slots that count, and they live as long as their shard.
        this.counters = Arena.ofAuto().allocate((long) DEPTH * width * counterBytes, 64);
    }

    private static int width(int bytes, int counterBytes) {
        if (bytes < 1 << 10) {
            throw new IllegalArgumentException("a sketch needs at least 1 KiB, not " + bytes + " bytes");
        }
        // A line is a whole number of longs, for halving.
        return bytes / DEPTH / counterBytes / Long.BYTES * Long.BYTES;
    }

    /** Counters a line. */
    public int width() {
        return width;
    }

    /** Memory of the counters. */
    public long bytes() {
        return counters.byteSize();
    }

    /** Occurrences after which all counters are halved. */
    public long window() {
        return width / 2;
    }

    /**
     * Counts occurrences of a key. O({@link #DEPTH}), and O(bytes) once a window.
     *
     * @param occurrences at least 1
     * @return how often it occurred, these included
     */
    public int add(long key, int occurrences) {
        if (occurrences < 1) {
            throw new IllegalArgumentException("at least one occurrence, not " + occurrences);
        }
        int count = (int) Math.min(limit, (long) count(key) + occurrences);
        for (long at : places) {
            if (get(at) < count) {
                set(at, count);
            }
        }
        added += occurrences;
        if (added >= window()) {
            halve();
        }
        return count;
    }

    /** How often a key occurred; at most what {@link #add} would have returned last. O({@link #DEPTH}). */
    public int count(long key) {
        int least = limit;
        for (int line = 0; line < DEPTH; line++) {
            long hash = mix(key + seed + line * 0x9E3779B97F4A7C15L);
            long column = ((hash >>> 32) * width) >>> 32;
            places[line] = ((long) line * width + column) * counterBytes;
            least = Math.min(least, get(places[line]));
        }
        return least;
    }

    private void halve() {
        // Each counter by one shift of the long that it lies in; the mask drops what its upper neighbour lost.
        long mask = counterBytes == 1 ? 0x7F7F_7F7F_7F7F_7F7FL : 0x7FFF_7FFF_7FFF_7FFFL;
        for (long at = 0; at < counters.byteSize(); at += Long.BYTES) {
            counters.set(LONG, at, (counters.get(LONG, at) >>> 1) & mask);
        }
        added = 0;
    }

    private int get(long at) {
        return counterBytes == 1
                ? counters.get(ValueLayout.JAVA_BYTE, at) & BYTE_LIMIT
                : counters.get(SHORT, at) & SHORT_LIMIT;
    }

    private void set(long at, int count) {
        if (counterBytes == 1) {
            counters.set(ValueLayout.JAVA_BYTE, at, (byte) count);
        } else {
            counters.set(SHORT, at, (short) count);
        }
    }

    /** Finalizer of SplitMix64 (Steele et al. 2014). */
    private static long mix(long x) {
        long z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /**
     * Version 1, little endian: {@code i8 1 · i8 bytes a counter · i32 width · i64 seed · i64 added · counters}, line
     * after line.
     */
    public byte[] toBytes() {
        byte[] bytes = new byte[savedBytes()];
        save(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
        return bytes;
    }

    int savedBytes() {
        return Math.toIntExact(HEADER + counters.byteSize());
    }

    /** Puts {@link #toBytes} at the position of a little-endian buffer. */
    void save(ByteBuffer out) {
        out.put(VERSION).put((byte) counterBytes).putInt(width).putLong(seed).putLong(added);
        out.put(counters.asByteBuffer());
    }

    /** @throws IllegalArgumentException when these are not the bytes of a sketch of a known version */
    public static AdmissionSketch fromBytes(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < HEADER || in.get() != VERSION) {
            throw new IllegalArgumentException("these are not the bytes of a sketch of version " + VERSION);
        }
        int counterBytes = in.get();
        int width = in.getInt();
        long counters = (long) DEPTH * width * counterBytes;
        if (counterBytes < 1 || counterBytes > 2 || width < Long.BYTES || counters != bytes.length - HEADER) {
            throw new IllegalArgumentException("a sketch of " + bytes.length + " bytes does not hold " + DEPTH + " x "
                    + width + " counters of " + counterBytes + " bytes");
        }
        AdmissionSketch sketch = new AdmissionSketch(in.getLong(), counterBytes, width);
        sketch.added = in.getLong();
        MemorySegment.copy(bytes, HEADER, sketch.counters, ValueLayout.JAVA_BYTE, 0, bytes.length - HEADER);
        return sketch;
    }

    /** Whether both count in the same memory the same way, whatever they have counted. */
    boolean hasFormOf(AdmissionSketch other) {
        return seed == other.seed && counterBytes == other.counterBytes && width == other.width;
    }
}
