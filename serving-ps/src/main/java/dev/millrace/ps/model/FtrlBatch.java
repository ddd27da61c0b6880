package dev.millrace.ps.model;

import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ps.kernel.VectorModule;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;

/**
 * FTRL-Proximal on many rows at memory speed (McMahan et al., KDD 2013, Algorithm 1), in floats. With
 * s = sgn(z)·max(|z| − λ1, 0), w = −s·α / (β + √n + α·λ2) and √(n+g²) − √n = g² / (√(n+g²) + √n), so that
 *
 * <pre>
 *  z + g − σ·w  =  z + g + g²·s / ((√(n+g²) + √n)·(β + √n + α·λ2)),     n + g²
 * </pre>
 *
 * is the same step with one division, and without the cancellation of two near roots, which floats would not bear. With
 * Σg and Σg² of several samples in place of g and g² it is their steps one by one with the w that they began with.
 * Updates are done in their order, so that a key that comes twice is updated twice. Belongs to the table's thread.
 */
public final class FtrlBatch {
    private static final int EXPONENT = 0x7F80_0000;
    private static final int ONE_MORE = 0x0080_0000;

    private final ParameterTable table;
    private final FtrlWeight weight;
    private final float l1;
    private final float beta;
    private final float alphaL2;
    private final long[] rows = new long[ParameterTable.CHUNK];
    private long refused;

    /** @param table of a training layout */
    public FtrlBatch(ParameterTable table, Ftrl ftrl) {
        this.table = table;
        weight = FtrlWeight.of(ftrl);
        l1 = (float) ftrl.l1();
        beta = (float) ftrl.beta();
        alphaL2 = (float) (ftrl.alpha() * ftrl.l2());
    }

    /**
     * One step a key. O(count), one cache miss a key in most cases, overlapping within {@link ParameterTable#CHUNK} keys.
     *
     * @param gradients one that is not finite is refused and counted, its row stays as it was
     * @param count how many of {@code keys} and {@code gradients}
     */
    public void update(long[] keys, float[] gradients, int count) {
        for (int from = 0; from < count; from += ParameterTable.CHUNK) {
            int n = Math.min(ParameterTable.CHUNK, count - from);
            table.findOrInsertAll(keys, from, n, rows);
            for (int i = 0; i < n; i++) {
                float g = gradients[from + i];
                if (rows[i] == ParameterTable.MISSING || !step(rows[i], g, g * g)) {
                    refused++;
                }
            }
        }
    }

    /**
     * One step of one row.
     *
     * @param sum g, or Σg of a batch's samples
     * @param squares g², or Σg²
     * @return false, and nothing changed, when the row would not be finite
     */
    public boolean step(long row, float sum, float squares) {
        float z = table.getFloat(row, RowLayout.Z);
        float n = table.getFloat(row, RowLayout.N);
        float newN = n + squares;
        float root = (float) Math.sqrt(n);
        float s = Math.copySign(Math.max(Math.abs(z) - l1, 0f), z);
        float divisor = ((float) Math.sqrt(newN) + root) * (beta + root + alphaL2);
        // Both roots are 0 for a first gradient of 0.
        float newZ = z + sum + squares * s / (divisor + Float.MIN_NORMAL);
        if (!Float.isFinite(newZ) || !Float.isFinite(newN)) {
            return false;
        }
        table.setFloat(row, RowLayout.Z, newZ);
        table.setFloat(row, RowLayout.N, newN);
        return true;
    }

    /**
     * One step each of rows that are kept apart from the table, with Σg and Σg²: the same bits as {@link #step}. A row that
     * would not be finite stays as it is.
     *
     * @param sums [count] Σg; 0 afterwards
     * @param squares [count] Σg²; 0 afterwards
     * @param weights [count] receives what the rows weigh then
     */
    public void merged(float[] z, float[] n, float[] sums, float[] squares, float[] weights, int count) {
        stepAll(z, n, sums, squares, count);
        weight.of(z, n, weights, count);
        Arrays.fill(sums, 0, count, 0f);
        Arrays.fill(squares, 0, count, 0f);
    }

    /**
     * One step each of rows that were read before, of different keys: the same bits as {@link #step}. A row that would not
     * be finite stays as it is.
     *
     * @param sums [count] Σg
     * @param squares [count] Σg²
     */
    public void stepAll(float[] z, float[] n, float[] sums, float[] squares, int count) {
        int from = VectorModule.PRESENT ? WideFtrl.step(beta, l1, alphaL2, z, n, sums, squares, count) : 0;
        for (int i = from; i < count; i++) {
            stepOne(z, n, i, sums[i], squares[i]);
        }
    }

    private void stepOne(float[] z, float[] n, int i, float sum, float square) {
        float newN = n[i] + square;
        float root = (float) Math.sqrt(n[i]);
        float s = z[i] - Math.max(-l1, Math.min(l1, z[i]));
        float divisor = ((float) Math.sqrt(newN) + root) * (beta + root + alphaL2);
        float newZ = z[i] + sum + square * s / (divisor + Float.MIN_NORMAL);
        if (Float.isFinite(newZ) && Float.isFinite(newN)) {
            z[i] = newZ;
            n[i] = newN;
        }
    }

    /**
     * {@link #stepAll} with the gradients of one sample: error · value, in doubles, rounded.
     *
     * @param values [count]
     */
    public void stepSample(float[] z, float[] n, double error, float[] values, int count) {
        int from = VectorModule.PRESENT ? WideFtrl.stepSample(beta, l1, alphaL2, z, n, error, values, count) : 0;
        for (int i = from; i < count; i++) {
            float g = (float) (error * values[i]);
            stepOne(z, n, i, g, g * g);
        }
    }

    /**
     * One step each, of rows that were read before: the same bits as {@link #step}, many at once.
     *
     * @param z [count] of the rows; receives what they become
     * @param n likewise
     * @param gradients [count]
     * @return false when some row would not be finite; then none may be stored
     */
    public boolean steps(float[] z, float[] n, float[] gradients, int count) {
        int exponents = 0;
        // A plain loop, which the compiler makes wide.
        for (int i = 0; i < count; i++) {
            float g = gradients[i];
            float squares = g * g;
            float newN = n[i] + squares;
            float root = (float) Math.sqrt(n[i]);
            float s = z[i] - Math.max(-l1, Math.min(l1, z[i]));
            float divisor = ((float) Math.sqrt(newN) + root) * (beta + root + alphaL2);
            float newZ = z[i] + g + squares * s / (divisor + Float.MIN_NORMAL);
            z[i] = newZ;
            n[i] = newN;
            exponents |= carried(newZ) | carried(newN);
        }
        return exponents >= 0;
    }

    /** Below 0 where the exponent has all bits: infinite, or not a number. */
    private static int carried(float x) {
        return (Float.floatToRawIntBits(x) & EXPONENT) + ONE_MORE;
    }

    /** Updates that were not done: the gradient was not finite, or the table at its bound. */
    public long refused() {
        return refused;
    }
}
