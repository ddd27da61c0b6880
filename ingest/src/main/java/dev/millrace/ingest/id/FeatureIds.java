package dev.millrace.ingest.id;

import java.nio.charset.StandardCharsets;

/**
 * The 64-bit id of a feature: 16 bits of slot above 48 bits of hash. The only place that packs or unpacks one.
 *
 * <pre>
 *   63            48 47                                                    0
 *  +----------------+-------------------------------------------------------+
 *  |  slot          |  hash of the value within the slot                    |
 *  +----------------+-------------------------------------------------------+
 * </pre>
 *
 * A slot's number is a hash of its name, so a slot keeps its rows when others come, go or move; the spec refuses two
 * names with one number. With n values in a slot the expected number of colliding pairs is n²/2⁴⁹ (10M values: 0.2).
 */
public final class FeatureIds {
    /** Marks an empty place in tables; no feature has it, since slot 0 is the bias's alone. */
    public static final long NONE = 0;

    private static final int HASH_BITS = 48;
    private static final long HASH_MASK = (1L << HASH_BITS) - 1;

    /** The intercept, in every vector. */
    public static final long BIAS = 1;

    /** Canaries' rows follow the bias: so many that each of them is learned seldom, and its weight always moves. */
    private static final long FIRST_CANARY = 2;

    private static final long CANARIES = 64;

    private FeatureIds() {}

    /** The hash of a number's value within its slot; so the bias is one. */
    public static final long VALUE = 1;

    /** The only feature of a canary's vector, which nobody else's has. In slot 0, as the bias. */
    public static long canary(long number) {
        return FIRST_CANARY + Math.floorMod(number, CANARIES);
    }

    public static boolean isCanary(long id) {
        return id >= FIRST_CANARY && id < FIRST_CANARY + CANARIES;
    }

    private static final int DENSE_BITS = 32;
    private static final long DENSE = 1;

    /** Slot number of a slot or cross name, 1..65535. */
    public static int slot(String name) {
        int folded = (int) (hash(name, 0) >>> HASH_BITS);
        return folded == 0 ? 0xFFFF : folded;
    }

    public static long pack(int slot, long hash) {
        return ((long) slot << HASH_BITS) | (hash & HASH_MASK);
    }

    public static int slotOf(long id) {
        return (int) (id >>> HASH_BITS);
    }

    /** A row of a network's layers: numbers that belong to no feature. In slot 0, as the bias. */
    public static long dense(int index) {
        return (DENSE << DENSE_BITS) | index;
    }

    /** A row of what the optimizer of the layers keeps of that row; it does not serve. */
    public static long denseState(int number, int index) {
        return ((DENSE + 1 + number) << DENSE_BITS) | index;
    }

    public static boolean isDense(long id) {
        return id >>> DENSE_BITS == DENSE;
    }

    public static boolean isDenseState(long id) {
        return slotOf(id) == 0 && id >>> DENSE_BITS > DENSE;
    }

    /** Whether one of them is {@link #NONE}. */
    public static boolean hasNone(long[] ids) {
        long some = -1;
        // Sums, not branches: the compiler makes them wide.
        for (long id : ids) {
            some &= id | -id;
        }
        return some >= 0 && ids.length > 0;
    }

    /** Whether the id {@code period} places before each has its slot, and is that of a number's value if it is. */
    public static boolean isRepeating(long[] ids, int period) {
        long differing = 0;
        for (int i = period; i < ids.length; i++) {
            differing |= kind(ids[i]) ^ kind(ids[i - period]);
        }
        return differing == 0;
    }

    /** Slot and whether the hash is {@link #VALUE}. */
    private static long kind(long id) {
        return (id & ~HASH_MASK) | ((((id & HASH_MASK) ^ VALUE) - 1) >>> (Long.SIZE - 1));
    }

    /** Whether it is a row of a network's layers, or of what their optimizer keeps. */
    public static boolean isLayers(long id) {
        return isDense(id) || isDenseState(id);
    }

    /** Hash of a category or token. */
    public static long hash(String value, long seed) {
        return XxHash64.hash(value.getBytes(StandardCharsets.UTF_8), seed);
    }

    /** The same of text that stands in {@code utf8[from .. to-1]}. */
    public static long hash(byte[] utf8, int from, int to, long seed) {
        return XxHash64.hash(utf8, from, to, seed);
    }

    /** Hash of a bin or another whole number. */
    public static long hash(long value, long seed) {
        return mix(value * 0x9E3779B97F4A7C15L + seed);
    }

    /** Hash of two values together; ordered, so (a, b) differs from (b, a). */
    public static long cross(long a, long b) {
        return crossed(beforeCross(a), b);
    }

    /** What {@link #cross} makes of its first value: the same for each second one. */
    public static long beforeCross(long a) {
        return a * 0x9E3779B97F4A7C15L;
    }

    /** {@code cross(a, b)} of {@code beforeCross(a)}. */
    public static long crossed(long before, long b) {
        return mix(before + Long.rotateLeft(b, 31));
    }

    /** Finalizer of SplitMix64 (Steele et al. 2014): every input bit moves every output bit. */
    private static long mix(long x) {
        long z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
