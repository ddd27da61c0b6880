package dev.millrace.ps.model;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** FTRL-Proximal on many rows at once, as {@link FtrlBatch} and {@link FtrlWeight} say it. To be loaded only where the
 * Vector API is there. */
final class WideFtrl {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    /** Two at least: there is no vector of one float. */
    private static final VectorSpecies<Double> DOUBLES =
            DoubleVector.SPECIES_PREFERRED.length() > 1 ? DoubleVector.SPECIES_PREFERRED : DoubleVector.SPECIES_128;
    /** As many floats as doubles. */
    private static final VectorSpecies<Float> HALF =
            VectorSpecies.of(float.class, VectorShape.forBitSize(DOUBLES.vectorBitSize() / 2));

    private WideFtrl() {}

    /** {@link FtrlBatch#stepAll}; @return how many of {@code count} were done: whole vectors */
    static int step(
            float beta, float l1, float alphaL2, float[] z, float[] n, float[] sums, float[] squares, int count) {
        int end = SPECIES.loopBound(count);
        for (int i = 0; i < end; i += SPECIES.length()) {
            step(
                    SPECIES,
                    beta,
                    l1,
                    alphaL2,
                    z,
                    n,
                    FloatVector.fromArray(SPECIES, sums, i),
                    FloatVector.fromArray(SPECIES, squares, i),
                    i);
        }
        return end;
    }

    private static void step(
            VectorSpecies<Float> species,
            float beta,
            float l1,
            float alphaL2,
            float[] z,
            float[] n,
            FloatVector g,
            FloatVector g2,
            int i) {
        FloatVector oldZ = FloatVector.fromArray(species, z, i);
        FloatVector oldN = FloatVector.fromArray(species, n, i);
        FloatVector root = oldN.sqrt();
        FloatVector newN = oldN.add(g2);
        FloatVector divisor = newN.sqrt().add(root).mul(root.add(beta).add(alphaL2));
        FloatVector newZ = oldZ.add(g).add(g2.mul(beyond(oldZ, l1)).div(divisor.add(Float.MIN_NORMAL)));
        VectorMask<Float> finite = newZ.abs()
                .compare(VectorOperators.LE, Float.MAX_VALUE)
                .and(newN.compare(VectorOperators.LE, Float.MAX_VALUE));
        oldZ.blend(newZ, finite).intoArray(z, i);
        oldN.blend(newN, finite).intoArray(n, i);
    }

    /** {@link FtrlBatch#stepSample}; @return how many of {@code count} were done: whole vectors */
    static int stepSample(
            float beta, float l1, float alphaL2, float[] z, float[] n, double error, float[] values, int count) {
        int end = HALF.loopBound(count);
        for (int i = 0; i < end; i += HALF.length()) {
            FloatVector x = FloatVector.fromArray(HALF, values, i);
            DoubleVector product = ((DoubleVector) x.castShape(DOUBLES, 0)).mul(error);
            FloatVector g = (FloatVector) product.castShape(HALF, 0);
            step(HALF, beta, l1, alphaL2, z, n, g, g.mul(g), i);
        }
        return end;
    }

    /** {@link FtrlWeight#terms}; @return how many were done */
    static int terms(
            FtrlWeight w,
            float[] z,
            float[] n,
            float[] newZ,
            float[] newN,
            long[] kept,
            float[] values,
            float[] terms,
            int count) {
        // What stepSample has written is read in the same pieces.
        int end = HALF.loopBound(count);
        for (int i = 0; i < end; i += HALF.length()) {
            VectorMask<Float> same = VectorMask.fromLong(HALF, kept[i >>> 6] >>> i);
            FloatVector ofZ = FloatVector.fromArray(HALF, newZ, i).blend(FloatVector.fromArray(HALF, z, i), same);
            FloatVector ofN = FloatVector.fromArray(HALF, newN, i).blend(FloatVector.fromArray(HALF, n, i), same);
            ofZ.intoArray(z, i);
            ofN.intoArray(n, i);
            beyond(ofZ, w.l1())
                    .mul(-w.alpha())
                    .div(ofN.sqrt().add(w.beta()).add(w.alphaL2()))
                    .mul(FloatVector.fromArray(HALF, values, i))
                    .intoArray(terms, i);
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
