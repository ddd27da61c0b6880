package dev.millrace.ps.network;

/** Sums of products in a fixed order, so that serving and learning have the same bits. */
final class Sums {
    private Sums() {}

    static float dot(float[] a, int aAt, float[] b, int bAt, int count) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        int i = 0;
        for (; i + 4 <= count; i += 4) {
            s0 = Math.fma(a[aAt + i], b[bAt + i], s0);
            s1 = Math.fma(a[aAt + i + 1], b[bAt + i + 1], s1);
            s2 = Math.fma(a[aAt + i + 2], b[bAt + i + 2], s2);
            s3 = Math.fma(a[aAt + i + 3], b[bAt + i + 3], s3);
        }
        for (; i < count; i++) {
            s0 = Math.fma(a[aAt + i], b[bAt + i], s0);
        }
        return s0 + s1 + (s2 + s3);
    }

    /** Σ over the rows of x [n, width], in place of {@code to[at ..]}. */
    static void columns(float[] x, int n, int width, float[] to, int at) {
        java.util.Arrays.fill(to, at, at + width, 0f);
        for (int i = 0; i < n; i++) {
            int row = i * width;
            for (int j = 0; j < width; j++) {
                to[at + j] += x[row + j];
            }
        }
    }
}
