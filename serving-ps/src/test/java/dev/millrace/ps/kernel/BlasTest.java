package dev.millrace.ps.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ps.kernel.Blas.Matrix;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class BlasTest {
    private static final int[][] SHAPES = {{1, 1, 1}, {7, 33, 5}, {6, 32, 40}, {13, 1, 9}, {64, 48, 17}, {5, 70, 1}};

    /** Ours, and OpenBLAS where this machine has it. */
    static Stream<Blas> kernels() {
        return Stream.concat(Stream.of(new PlainBlas(), new VectorBlas()), Blas.openBlas().stream());
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void multipliesAsTheDefinition(Blas blas) {
        Random random = new Random(8);
        for (int[] shape : SHAPES) {
            for (int form = 0; form < 8; form++) {
                boolean left = (form & 1) != 0;
                boolean right = (form & 2) != 0;
                int m = shape[0];
                int n = shape[1];
                int k = shape[2];
                Matrix a = matrix(random, left ? k : m, left ? m : k, left);
                Matrix b = matrix(random, right ? n : k, right ? k : n, right);
                Matrix c = matrix(random, m, n, false);
                float[] expected = expected(m, n, k, a, b, c, (form & 4) != 0);
                blas.multiply(m, n, k, a, b, c, (form & 4) != 0);
                assertArrayEquals(expected, c.values(), 1e-4f, blas.name() + " of " + m + ", " + n + ", " + k);
            }
        }
    }

    /** Serving computes other numbers of rows at once than learning. */
    @Test
    void bitsDoNotDependOnTheNumberOfRows() {
        Random random = new Random(9);
        Matrix a = matrix(random, 40, 50, false);
        Matrix b = matrix(random, 50, 30, false);
        float[] all = new float[40 * 30];
        float[] one = new float[30];
        for (Blas blas : new Blas[] {new PlainBlas(), new VectorBlas()}) {
            blas.multiply(40, 30, 50, a, b, new Matrix(all, 0, 30), false);
            for (int i = 0; i < 40; i++) {
                Matrix row = new Matrix(a.values(), a.at() + i * a.stride(), a.stride());
                blas.multiply(1, 30, 50, row, b, new Matrix(one, 0, 30), false);
                for (int j = 0; j < 30; j++) {
                    assertEquals(all[i * 30 + j], one[j], blas.name());
                }
            }
        }
    }

    /** With a margin on all sides, which must stay as it is. */
    private static Matrix matrix(Random random, int rows, int columns, boolean transposed) {
        float[] values = new float[5 + rows * (columns + 3)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new Matrix(values, 5, columns + 3, transposed);
    }

    private static float[] expected(int m, int n, int k, Matrix a, Matrix b, Matrix c, boolean add) {
        float[] to = c.values().clone();
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = add ? to[c.at() + i * c.stride() + j] : 0;
                for (int p = 0; p < k; p++) {
                    sum += (double) at(a, i, p) * at(b, p, j);
                }
                to[c.at() + i * c.stride() + j] = (float) sum;
            }
        }
        return to;
    }

    private static float at(Matrix x, int i, int j) {
        return x.values()[x.at() + (x.transposed() ? j * x.stride() + i : i * x.stride() + j)];
    }
}
