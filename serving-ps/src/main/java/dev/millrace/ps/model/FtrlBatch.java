package dev.millrace.ps.model;

import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;

/**
 * FTRL-Proximal on many rows at memory speed (McMahan et al., KDD 2013, Algorithm 1), in floats. With
 * s = sgn(z)·max(|z| − λ1, 0), w = −s·α / (β + √n + α·λ2) and √(n+g²) − √n = g² / (√(n+g²) + √n), so that
 *
 * <pre>
 *  z + g − σ·w  =  z + g + g²·s / ((√(n+g²) + √n)·(β + √n + α·λ2)),     n + g²
 * </pre>
 *
 * is the same step with one division, and without the cancellation of two near roots, which floats would not bear.
 * Updates are done in their order, so that a key that comes twice is updated twice. Belongs to the table's thread.
 */
public final class FtrlBatch {
    private final ParameterTable table;
    private final float l1;
    private final float beta;
    private final float alphaL2;
    private final long[] rows = new long[ParameterTable.CHUNK];
    private long refused;

    /** @param table of a training layout */
    public FtrlBatch(ParameterTable table, Ftrl ftrl) {
        this.table = table;
        l1 = (float) ftrl.l1();
        beta = (float) ftrl.beta();
        alphaL2 = (float) (ftrl.alpha() * ftrl.l2());
    }

    /**
     * One step a key. O(count), two cache misses a key at most, overlapping within {@link ParameterTable#CHUNK} keys.
     *
     * @param gradients one that is not finite is refused and counted, its row stays as it was
     * @param count how many of {@code keys} and {@code gradients}
     */
    public void update(long[] keys, float[] gradients, int count) {
        for (int from = 0; from < count; from += ParameterTable.CHUNK) {
            int n = Math.min(ParameterTable.CHUNK, count - from);
            table.findOrInsertAll(keys, from, n, rows);
            for (int i = 0; i < n; i++) {
                step(rows[i], gradients[from + i]);
            }
        }
    }

    private void step(long row, float g) {
        if (row == ParameterTable.MISSING) {
            refused++;
            return;
        }
        float z = table.getFloat(row, RowLayout.Z);
        float n = table.getFloat(row, RowLayout.N);
        float square = g * g;
        float newN = n + square;
        float root = (float) Math.sqrt(n);
        float s = Math.copySign(Math.max(Math.abs(z) - l1, 0f), z);
        float divisor = ((float) Math.sqrt(newN) + root) * (beta + root + alphaL2);
        float newZ = z + g + square * s / (divisor + Float.MIN_NORMAL);
        if (Float.isFinite(newZ) && Float.isFinite(newN)) {
            table.setFloat(row, RowLayout.Z, newZ);
            table.setFloat(row, RowLayout.N, newN);
        } else {
            refused++;
        }
    }

    /** Updates that were not done: the gradient was not finite, or the table at its bound. */
    public long refused() {
        return refused;
    }
}
