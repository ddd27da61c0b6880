package dev.millrace.load.simulate;

import java.util.random.RandomGenerator;

/**
 * Numbers that wander: value i at time t is a·cos(φ + ωt), with a, φ and ω of its own. Over the ensemble the mean is 0
 * and the standard deviation is {@code scale} at any time.
 */
final class Drifting {
    private final double[] amplitude;
    private final double[] phase;
    private final double[] perSecond;

    /** @param periodSeconds of the fastest; paces are uniform from standing still to that, either way */
    Drifting(int size, double scale, double periodSeconds, RandomGenerator random) {
        amplitude = new double[size];
        phase = new double[size];
        perSecond = new double[size];
        for (int i = 0; i < size; i++) {
            amplitude[i] = scale * Math.sqrt(2) * random.nextGaussian();
            phase[i] = 2 * Math.PI * random.nextDouble();
            perSecond[i] = 2 * Math.PI / periodSeconds * (2 * random.nextDouble() - 1);
        }
    }

    double at(int index, double seconds) {
        return amplitude[index] * Math.cos(phase[index] + perSecond[index] * seconds);
    }
}
