package dev.millrace.ps.model;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link Logistic} of several sums at once, with the same bits: the same operations in the same order in each lane. */
final class WideLogistic {
    private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_512;
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;

    private WideLogistic() {}

    /** Whether vectors are so wide here that it gains something. */
    static boolean gains() {
        return DoubleVector.SPECIES_PREFERRED.length() >= DOUBLES.length();
    }

    /**
     * Replaces sums by what they say.
     *
     * @return how many of {@code count} were done: whole vectors
     */
    static int sigmoids(float[] sums, int count) {
        int end = FLOATS.loopBound(count);
        for (int i = 0; i < end; i += FLOATS.length()) {
            DoubleVector z =
                    (DoubleVector) FloatVector.fromArray(FLOATS, sums, i).convertShape(VectorOperators.F2D, DOUBLES, 0);
            DoubleVector p = DoubleVector.broadcast(DOUBLES, 1).div(exp(z.neg()).add(1));
            ((FloatVector) p.convertShape(VectorOperators.D2F, FLOATS, 0)).intoArray(sums, i);
        }
        return end;
    }

    /** {@link Logistic#exp}. */
    private static DoubleVector exp(DoubleVector x) {
        DoubleVector bounded = x.min(Logistic.LARGEST).max(-Logistic.LARGEST);
        DoubleVector shifted = bounded.mul(Logistic.LOG2_E).add(Logistic.ROUNDING);
        DoubleVector k = shifted.sub(Logistic.ROUNDING);
        DoubleVector r = bounded.sub(k.mul(Logistic.LN2_HIGH)).sub(k.mul(Logistic.LN2_LOW));
        DoubleVector r2 = r.mul(r);
        DoubleVector r4 = r2.mul(r2);
        DoubleVector low = r.add(1).add(r2.mul(r.mul(1.0 / 6).add(1.0 / 2)));
        DoubleVector middle =
                r.mul(1.0 / 120).add(1.0 / 24).add(r2.mul(r.mul(1.0 / 5040).add(1.0 / 720)));
        DoubleVector high = r.mul(1.0 / 362880)
                .add(1.0 / 40320)
                .add(r2.mul(r.mul(1.0 / 39916800).add(1.0 / 3628800)));
        DoubleVector ofR = low.add(r4.mul(middle.add(r4.mul(high))));
        LongVector exponent = shifted.reinterpretAsLongs().lanewise(VectorOperators.LSHL, (long) Logistic.EXPONENT_AT);
        return ofR.reinterpretAsLongs().add(exponent).reinterpretAsDoubles();
    }
}
