package dev.millrace.ps.table;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Compares four keys at once, where the JVM was started with the Vector API. */
final class WideCompare {
    /** Without the incubating module this class must not be loaded further. */
    static final boolean AVAILABLE =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    private WideCompare() {}

    /** Bit i is set where the i-th of the four longs from {@code offset} on is {@code key}. */
    static long equal(MemorySegment memory, long offset, long key) {
        return Vectors.equal(memory, offset, key);
    }

    /** Loaded only when the API is there. */
    private static final class Vectors {
        private static final VectorSpecies<Long> FOUR = LongVector.SPECIES_256;

        static long equal(MemorySegment memory, long offset, long key) {
            return LongVector.fromMemorySegment(FOUR, memory, offset, ByteOrder.LITTLE_ENDIAN)
                    .compare(VectorOperators.EQ, key)
                    .toLong();
        }
    }
}
