package dev.millrace.ps.kernel;

import java.util.Optional;

/** Products of row-major matrices in float arrays. One thread at a time. */
public interface Blas {
    /** A matrix within an array: element (i, j) at {@code at + i·stride + j}, or, transposed, at {@code at + j·stride + i}. */
    @SuppressWarnings("ArrayRecordComponent") // a view, never compared
    record Matrix(float[] values, int at, int stride, boolean transposed) {
        public Matrix(float[] values, int at, int stride) {
            this(values, at, stride, false);
        }

        public Matrix transpose() {
            return new Matrix(values, at, stride, !transposed);
        }
    }

    /**
     * c = a·b, or c += a·b. Every element is summed in the order of k by fused multiply-adds, so that its bits do not
     * depend on m, n or its place.
     *
     * @param a [m, k]
     * @param b [k, n]
     * @param c [m, n], not transposed, no part of a or b
     */
    void multiply(int m, int n, int k, Matrix a, Matrix b, Matrix c, boolean add);

    /** What it is, for logs and reports. */
    String name();

    /** The best of our own that this JVM can run. */
    static Blas best() {
        return VectorModule.PRESENT ? new VectorBlas() : new PlainBlas();
    }

    /** OpenBLAS, where there is one. */
    static Optional<Blas> openBlas() {
        return OpenBlas.load();
    }

    /**
     * For learning: as {@code -Dmillrace.blas} says, {@code own} or {@code openblas}; without it OpenBLAS where there is
     * one.
     *
     * @throws IllegalArgumentException when that is unknown, or OpenBLAS is asked for and there is none
     */
    static Blas forLearning() {
        String wanted = System.getProperty("millrace.blas", "auto");
        return switch (wanted) {
            case "own" -> best();
            case "auto" -> openBlas().orElseGet(Blas::best);
            case "openblas" ->
                openBlas()
                        .orElseThrow(() -> new IllegalArgumentException("millrace.blas: no OpenBLAS here; install it"
                                + " (Debian: libopenblas0-pthread); the learner's own, of Linux on x86-64,"
                                + " needs a java.io.tmpdir that programs may be run from"));
            default -> throw new IllegalArgumentException("millrace.blas: '" + wanted + "'; own, openblas or auto");
        };
    }
}
