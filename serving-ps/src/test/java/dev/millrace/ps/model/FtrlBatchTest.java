package dev.millrace.ps.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.RowLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FtrlBatchTest {
    private static final Ftrl FTRL = new Ftrl(0.1, 1, 0.02, 0.3);

    private final OffHeapTable table = new OffHeapTable(RowLayout.FTRL, 1_000);
    private final FtrlBatch batch = new FtrlBatch(table, FTRL);

    /** z and n by Algorithm 1 as it is written, in doubles. */
    private static final class Plain {
        private double z;
        private double n;

        void step(double g, double w) {
            double sigma = (Math.sqrt(n + g * g) - Math.sqrt(n)) / FTRL.alpha();
            z += g - sigma * w;
            n += g * g;
        }

        double weight() {
            return FtrlRows.weight(z, n, FTRL);
        }
    }

    @Test
    void batchesAgreeWithThePlainLoopAlsoForKeysThatComeTwice() {
        Random random = new Random(11);
        Map<Long, Plain> plain = new HashMap<>();
        long[] keys = new long[700];
        float[] gradients = new float[700];
        for (int round = 0; round < 50; round++) {
            for (int i = 0; i < keys.length; i++) {
                keys[i] = 1L + random.nextInt(400);
                gradients[i] = (float) random.nextGaussian();
                Plain row = plain.computeIfAbsent(keys[i], key -> new Plain());
                row.step(gradients[i], row.weight());
            }
            batch.update(keys, gradients, keys.length);
        }
        assertEquals(0, batch.refused());
        plain.forEach((key, row) -> {
            long at = table.find(key);
            assertEquals(row.n, table.getFloat(at, RowLayout.N), 1e-4 * row.n);
            assertEquals(row.z, table.getFloat(at, RowLayout.Z), 1e-3 * Math.max(1, Math.abs(row.z)));
        });
    }

    /** Σg and Σg² with the weight of the batch's beginning: the sum over σ telescopes. */
    @Test
    void mergedGradientsAreTheirStepsWithTheFirstWeight() {
        Random random = new Random(12);
        long row = table.findOrInsert(5);
        Plain plain = new Plain();
        for (int round = 0; round < 100; round++) {
            double w = plain.weight();
            float sum = 0;
            float squares = 0;
            for (int i = 0; i < 7; i++) {
                float g = (float) random.nextGaussian();
                sum += g;
                squares += g * g;
                plain.step(g, w);
            }
            assertTrue(batch.step(row, sum, squares));
        }
        assertEquals(plain.n, table.getFloat(row, RowLayout.N), 1e-4 * plain.n);
        assertEquals(plain.z, table.getFloat(row, RowLayout.Z), 1e-3 * Math.max(1, Math.abs(plain.z)));
    }

    @Test
    void shrinkageIsSymmetric() {
        for (float z : new float[] {5, -5, 0.01f, -0.01f, 0}) {
            Plain plain = new Plain();
            plain.z = z;
            plain.n = 4;
            long row = table.findOrInsert(9);
            table.setFloat(row, RowLayout.Z, z);
            table.setFloat(row, RowLayout.N, 4);
            plain.step(0.5, plain.weight());
            assertTrue(batch.step(row, 0.5f, 0.25f));
            assertEquals(plain.z, table.getFloat(row, RowLayout.Z), 1e-5);
        }
    }

    @Test
    void whatIsNotFiniteIsRefusedAndNotStored() {
        long row = table.findOrInsert(1);
        assertTrue(batch.step(row, 0, 0));
        assertEquals(0, table.getFloat(row, RowLayout.Z));
        for (float g : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e30f}) {
            assertFalse(batch.step(row, g, g * g));
            batch.update(new long[] {1}, new float[] {g}, 1);
        }
        assertEquals(4, batch.refused());
        assertEquals(0, table.getFloat(row, RowLayout.Z));
        assertEquals(0, table.getFloat(row, RowLayout.N));
    }

    /** Apart from the table, wide or not: the same bits. */
    @Test
    void mergedRowsStepAsTheTablesDo() {
        Random random = new Random(12);
        int count = 37;
        long[] rows = new long[count];
        float[] z = new float[count];
        float[] n = new float[count];
        float[] sums = new float[count];
        float[] squares = new float[count];
        float[] weights = new float[count];
        for (int i = 0; i < count; i++) {
            rows[i] = table.findOrInsert(1L + i);
        }
        FtrlWeight weight = FtrlWeight.of(FTRL);
        for (int round = 0; round < 200; round++) {
            for (int i = 0; i < count; i++) {
                sums[i] = random.nextInt(5) == 0 ? 0 : (float) random.nextGaussian();
                squares[i] = sums[i] * sums[i] * (1 + random.nextFloat());
                if (random.nextInt(100) == 0) {
                    squares[i] = random.nextBoolean() ? Float.POSITIVE_INFINITY : Float.NaN;
                }
                batch.step(rows[i], sums[i], squares[i]);
            }
            batch.merged(z, n, sums, squares, weights, count);
            for (int i = 0; i < count; i++) {
                assertEquals(table.getFloat(rows[i], RowLayout.Z), z[i]);
                assertEquals(table.getFloat(rows[i], RowLayout.N), n[i]);
                assertEquals(weight.of(z[i], n[i]), weights[i]);
                assertEquals(0, sums[i] + squares[i]);
            }
        }
    }
}
