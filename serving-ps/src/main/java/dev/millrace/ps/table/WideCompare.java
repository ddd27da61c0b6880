package dev.millrace.ps.table;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Compares a bucket's first four keys at once, where the JVM was started with the Vector API. */
final class WideCompare {
    /** Without the incubating module this class must not be loaded further. */
    static final boolean AVAILABLE =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    private WideCompare() {}

    /** Bit w is set where way w (0..3) has the key. */
    static long ways(MemorySegment memory, long bucket, long key) {
        return Vectors.ways(memory, bucket, key);
    }

    /** Loaded only when the API is there. */
    private static final class Vectors {
        private static final VectorSpecies<Long> FOUR = LongVector.SPECIES_256;

        static long ways(MemorySegment memory, long bucket, long key) {
            return LongVector.fromMemorySegment(FOUR, memory, bucket, ByteOrder.LITTLE_ENDIAN)
                    .compare(VectorOperators.EQ, key)
                    .toLong();
        }
    }
}
