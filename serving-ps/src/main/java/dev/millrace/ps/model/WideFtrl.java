package dev.millrace.ps.model;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** FTRL-Proximal on many rows at once, as {@link FtrlBatch} and {@link FtrlWeight} say it. To be loaded only where the
 * Vector API is there. */
final class WideFtrl {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    private WideFtrl() {}

    /** {@link FtrlBatch#stepAll}; @return how many of {@code count} were done: whole vectors */
    static int step(
            float beta, float l1, float alphaL2, float[] z, float[] n, float[] sums, float[] squares, int count) {
        int end = SPECIES.loopBound(count);
        for (int i = 0; i < end; i += SPECIES.length()) {
            FloatVector oldZ = FloatVector.fromArray(SPECIES, z, i);
            FloatVector oldN = FloatVector.fromArray(SPECIES, n, i);
            FloatVector g2 = FloatVector.fromArray(SPECIES, squares, i);
            FloatVector root = oldN.sqrt();
            FloatVector newN = oldN.add(g2);
            FloatVector divisor = newN.sqrt().add(root).mul(root.add(beta).add(alphaL2));
            FloatVector newZ = oldZ.add(FloatVector.fromArray(SPECIES, sums, i))
                    .add(g2.mul(beyond(oldZ, l1)).div(divisor.add(Float.MIN_NORMAL)));
            VectorMask<Float> finite = newZ.abs()
                    .compare(VectorOperators.LE, Float.MAX_VALUE)
                    .and(newN.compare(VectorOperators.LE, Float.MAX_VALUE));
            oldZ.blend(newZ, finite).intoArray(z, i);
            oldN.blend(newN, finite).intoArray(n, i);
        }
        return end;
    }

    /** {@link FtrlWeight#of(float[], float[], float[], int)}; @return how many were done */
    static int weigh(
            float alpha, float beta, float l1, float alphaL2, float[] z, float[] n, float[] weights, int count) {
        int end = SPECIES.loopBound(count);
        for (int i = 0; i < end; i += SPECIES.length()) {
            FloatVector root = FloatVector.fromArray(SPECIES, n, i).sqrt();
            beyond(FloatVector.fromArray(SPECIES, z, i), l1)
                    .mul(-alpha)
                    .div(root.add(beta).add(alphaL2))
                    .intoArray(weights, i);
        }
        return end;
    }

    /** What of z is beyond ±λ1. */
    private static FloatVector beyond(FloatVector z, float l1) {
        return l1 == 0 ? z : z.sub(z.min(l1).max(-l1));
    }
}
