package dev.millrace.learner.step;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ps.kernel.Blas;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The OpenBLAS that comes with the learner: it is found, and multiplies as the learner's own kernel does. */
class PackagedBlasTest {
    @Test
    @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
    void multipliesAsTheOwnKernel() {
        SplittableRandom random = new SplittableRandom(3);
        int m = 37;
        int n = 41;
        int k = 53;
        Blas.Matrix a = matrix(random, k * m, m).transpose();
        Blas.Matrix b = matrix(random, k * n, n);
        float[] expected = new float[m * n];
        float[] found = new float[m * n];
        Blas.best().multiply(m, n, k, a, b, new Blas.Matrix(expected, 0, n), false);
        Blas.openBlas().orElseThrow().multiply(m, n, k, a, b, new Blas.Matrix(found, 0, n), false);
        for (int i = 0; i < m * n; i++) {
            assertEquals(expected[i], found[i], 1e-5f * k);
        }
    }

    private static Blas.Matrix matrix(SplittableRandom random, int size, int stride) {
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return new Blas.Matrix(values, 0, stride);
    }
}
