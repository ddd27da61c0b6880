package dev.millrace.learner.factor;

/**
 * Passes over one block of ratings: stochastic gradient steps, e = r − r̂, b += η(e − λb), p += η(e·q − λp), q likewise with
 * the p that there was; or the sum of squared errors. One thread a block.
 */
interface Kernel {
    /** @param values of each level, μ taken off */
    void learn(Strata strata, int block, Factors factors, float[] values, float rate, float ridge);

    double squaredErrors(Strata strata, int block, Factors factors, float[] values);

    static Kernel best() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                ? new VectorKernel()
                : new PlainKernel();
    }
}
