package dev.millrace.ps.kernel;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Blocks of {@value #ROWS} rows by two vectors in registers, over panels that are packed in the order in which they are
 * read (Goto and van de Geijn 2008, without the outer blocking: panels of some hundred k fit the caches).
 *
 * <pre>
 *  a in panels of ROWS rows           b in panels of COLUMNS columns
 *  a00 a10 … a50 │ a01 a11 … a51 │ …  b00 … b0(COLUMNS−1) │ b10 … │ …
 * </pre>
 */
final class VectorBlas implements Blas {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int ROWS = 6;
    private static final int COLUMNS = 2 * LANES;

    private float[] aPanel = new float[0];
    private float[] bPanels = new float[0];
    private final float[] tile = new float[ROWS * COLUMNS];

    @Override
    public void multiply(int m, int n, int k, Matrix a, Matrix b, Matrix c, boolean add) {
        int panels = Math.ceilDiv(n, COLUMNS);
        if (bPanels.length < panels * COLUMNS * k) {
            bPanels = new float[panels * COLUMNS * k];
        }
        if (aPanel.length < ROWS * k) {
            aPanel = new float[ROWS * k];
        }
        for (int panel = 0; panel < panels; panel++) {
            packB(b, k, panel * COLUMNS, Math.min(COLUMNS, n - panel * COLUMNS), panel * COLUMNS * k);
        }
        for (int i = 0; i < m; i += ROWS) {
            int rows = Math.min(ROWS, m - i);
            packA(a, k, i, rows);
            for (int panel = 0; panel < panels; panel++) {
                int j = panel * COLUMNS;
                boolean whole = rows == ROWS && j + COLUMNS <= n;
                if (whole && !add) {
                    block(k, aPanel, bPanels, j * k, c.values(), c.at() + i * c.stride() + j, c.stride());
                } else {
                    block(k, aPanel, bPanels, j * k, tile, 0, COLUMNS);
                    store(rows, Math.min(COLUMNS, n - j), c, c.at() + i * c.stride() + j, add);
                }
            }
        }
    }

    private void packA(Matrix a, int k, int i, int rows) {
        float[] from = a.values();
        float[] to = aPanel;
        if (rows < ROWS) {
            Arrays.fill(to, 0, ROWS * k, 0f);
        }
        for (int r = 0; r < rows; r++) {
            int at = a.transposed() ? a.at() + i + r : a.at() + (i + r) * a.stride();
            int step = a.transposed() ? a.stride() : 1;
            for (int p = 0; p < k; p++) {
                to[p * ROWS + r] = from[at + p * step];
            }
        }
    }

    private void packB(Matrix b, int k, int j, int columns, int to) {
        float[] from = b.values();
        if (columns < COLUMNS) {
            Arrays.fill(bPanels, to, to + COLUMNS * k, 0f);
        }
        if (!b.transposed()) {
            for (int p = 0; p < k; p++) {
                System.arraycopy(from, b.at() + p * b.stride() + j, bPanels, to + p * COLUMNS, columns);
            }
            return;
        }
        for (int column = 0; column < columns; column++) {
            int at = b.at() + (j + column) * b.stride();
            for (int p = 0; p < k; p++) {
                bPanels[to + p * COLUMNS + column] = from[at + p];
            }
        }
    }

    private void store(int rows, int columns, Matrix c, int at, boolean add) {
        float[] to = c.values();
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < columns; j++) {
                int place = at + r * c.stride() + j;
                to[place] = add ? to[place] + tile[r * COLUMNS + j] : tile[r * COLUMNS + j];
            }
        }
    }

    /** Twelve sums stay in registers; the loop has two loads of b and six of a for twelve multiply-adds. */
    private static void block(int k, float[] a, float[] b, int bAt, float[] c, int cAt, int cStride) {
        FloatVector c00 = FloatVector.zero(SPECIES);
        FloatVector c01 = c00;
        FloatVector c10 = c00;
        FloatVector c11 = c00;
        FloatVector c20 = c00;
        FloatVector c21 = c00;
        FloatVector c30 = c00;
        FloatVector c31 = c00;
        FloatVector c40 = c00;
        FloatVector c41 = c00;
        FloatVector c50 = c00;
        FloatVector c51 = c00;
        for (int p = 0; p < k; p++) {
            FloatVector b0 = FloatVector.fromArray(SPECIES, b, bAt + p * COLUMNS);
            FloatVector b1 = FloatVector.fromArray(SPECIES, b, bAt + p * COLUMNS + LANES);
            FloatVector a0 = FloatVector.broadcast(SPECIES, a[p * ROWS]);
            c00 = a0.fma(b0, c00);
            c01 = a0.fma(b1, c01);
            FloatVector a1 = FloatVector.broadcast(SPECIES, a[p * ROWS + 1]);
            c10 = a1.fma(b0, c10);
            c11 = a1.fma(b1, c11);
            FloatVector a2 = FloatVector.broadcast(SPECIES, a[p * ROWS + 2]);
            c20 = a2.fma(b0, c20);
            c21 = a2.fma(b1, c21);
            FloatVector a3 = FloatVector.broadcast(SPECIES, a[p * ROWS + 3]);
            c30 = a3.fma(b0, c30);
            c31 = a3.fma(b1, c31);
            FloatVector a4 = FloatVector.broadcast(SPECIES, a[p * ROWS + 4]);
            c40 = a4.fma(b0, c40);
            c41 = a4.fma(b1, c41);
            FloatVector a5 = FloatVector.broadcast(SPECIES, a[p * ROWS + 5]);
            c50 = a5.fma(b0, c50);
            c51 = a5.fma(b1, c51);
        }
        store(c00, c01, c, cAt);
        store(c10, c11, c, cAt + cStride);
        store(c20, c21, c, cAt + 2 * cStride);
        store(c30, c31, c, cAt + 3 * cStride);
        store(c40, c41, c, cAt + 4 * cStride);
        store(c50, c51, c, cAt + 5 * cStride);
    }

    private static void store(FloatVector left, FloatVector right, float[] c, int at) {
        left.intoArray(c, at);
        right.intoArray(c, at + LANES);
    }

    @Override
    public String name() {
        return "Vector API, " + LANES + " lanes";
    }
}
