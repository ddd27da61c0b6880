package dev.millrace.ps.table;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** What a look-up does to several keys at once, where the JVM was started with the Vector API. */
final class Wide {
    /** Without the incubating module this class must not be loaded further. */
    static final boolean AVAILABLE =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    private Wide() {}

    /** Bit i is set where the i-th of the four longs from {@code offset} on is {@code key}. */
    static long equal(MemorySegment memory, long offset, long key) {
        return Vectors.equal(memory, offset, key);
    }

    /** Whether {@link #equalEight} is one instruction. */
    static boolean hasEight() {
        return AVAILABLE && Vectors.WIDEST.length() >= 8;
    }

    /** Bit i is set where the i-th of the eight longs from {@code offset} on is {@code key}. */
    static long equalEight(MemorySegment memory, long offset, long key) {
        return Vectors.equalEight(memory, offset, key);
    }

    /**
     * Byte offsets of the buckets of keys, by {@code now} buckets for places from {@code start} on, by
     * {@code now + before} for those below.
     *
     * @return how many of {@code count} were done: whole vectors
     */
    static int homes(long[] keys, int from, int count, long start, long now, long before, int shift, long[] homes) {
        return Vectors.homes(keys, from, count, start, now, before, shift, homes);
    }

    /** Loaded only when the API is there. */
    private static final class Vectors {
        private static final VectorSpecies<Long> FOUR = LongVector.SPECIES_256;
        private static final VectorSpecies<Long> EIGHT = LongVector.SPECIES_512;
        private static final VectorSpecies<Long> WIDEST = LongVector.SPECIES_PREFERRED;
        /** Below, 64-bit multiplication is made of smaller ones and gains nothing. */
        private static final boolean MULTIPLIES = WIDEST.length() >= 8;

        static long equal(MemorySegment memory, long offset, long key) {
            return LongVector.fromMemorySegment(FOUR, memory, offset, ByteOrder.LITTLE_ENDIAN)
                    .compare(VectorOperators.EQ, key)
                    .toLong();
        }

        static long equalEight(MemorySegment memory, long offset, long key) {
            return LongVector.fromMemorySegment(EIGHT, memory, offset, ByteOrder.LITTLE_ENDIAN)
                    .compare(VectorOperators.EQ, key)
                    .toLong();
        }

        static int homes(long[] keys, int from, int count, long start, long now, long before, int shift, long[] homes) {
            int end = MULTIPLIES ? WIDEST.loopBound(count) : 0;
            for (int i = 0; i < end; i += WIDEST.length()) {
                LongVector h =
                        fold(LongVector.fromArray(WIDEST, keys, from + i), 32).mul(KeyHash.FIRST);
                LongVector place = fold(h, 29).mul(KeyHash.SECOND).lanewise(VectorOperators.LSHR, 32);
                LongVector buckets = place.sub(start)
                        .lanewise(VectorOperators.ASHR, 63)
                        .and(before)
                        .add(now);
                place.mul(buckets)
                        .lanewise(VectorOperators.LSHR, 32)
                        .lanewise(VectorOperators.LSHL, shift)
                        .intoArray(homes, i);
            }
            return end;
        }

        private static LongVector fold(LongVector x, int bits) {
            return x.lanewise(VectorOperators.XOR, x.lanewise(VectorOperators.LSHR, bits));
        }
    }
}
