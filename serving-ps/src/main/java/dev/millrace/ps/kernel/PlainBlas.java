package dev.millrace.ps.kernel;

/** Loops that the compiler makes vectors of, for a JVM without the Vector API. */
final class PlainBlas implements Blas {
    private float[] row = new float[0];

    @Override
    public void multiply(int m, int n, int k, Matrix a, Matrix b, Matrix c, boolean add) {
        if (row.length < n) {
            row = new float[n];
        }
        for (int i = 0; i < m; i++) {
            java.util.Arrays.fill(row, 0, n, 0f);
            for (int p = 0; p < k; p++) {
                float factor = a.transposed()
                        ? a.values()[a.at() + p * a.stride() + i]
                        : a.values()[a.at() + i * a.stride() + p];
                if (b.transposed()) {
                    addColumn(n, factor, b.values(), b.at() + p, b.stride());
                } else {
                    addRow(n, factor, b.values(), b.at() + p * b.stride());
                }
            }
            store(n, c.values(), c.at() + i * c.stride(), add);
        }
    }

    private void addRow(int n, float factor, float[] b, int at) {
        for (int j = 0; j < n; j++) {
            row[j] = Math.fma(factor, b[at + j], row[j]);
        }
    }

    private void addColumn(int n, float factor, float[] b, int at, int stride) {
        for (int j = 0; j < n; j++) {
            row[j] = Math.fma(factor, b[at + j * stride], row[j]);
        }
    }

    private void store(int n, float[] c, int at, boolean add) {
        for (int j = 0; j < n; j++) {
            c[at + j] = add ? c[at + j] + row[j] : row[j];
        }
    }

    @Override
    public String name() {
        return "loops";
    }
}
