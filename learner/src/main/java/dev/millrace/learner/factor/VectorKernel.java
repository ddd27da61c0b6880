package dev.millrace.learner.factor;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of 32 floats in registers, a user's for as long as the ratings of that user last; other lengths row by row in
 * memory.
 */
final class VectorKernel implements Kernel {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED.length() > Factors.LANES
            ? FloatVector.SPECIES_512
            : FloatVector.SPECIES_PREFERRED;
    private static final int LANES = SPECIES.length();
    private static final int WIDE = 32;

    @Override
    public void learn(Strata strata, int block, Factors factors, float[] values, float rate, float ridge) {
        if (strata.starts[block] == strata.starts[block + 1]) {
            return;
        }
        if (factors.stride() == WIDE && LANES == 16) {
            learn2(strata, block, factors, values, rate, ridge);
        } else if (factors.stride() == WIDE && LANES == 8) {
            learn4(strata, block, factors, values, rate, ridge);
        } else {
            learnAny(strata, block, factors, values, rate, ridge);
        }
    }

    private static void learn2(Strata strata, int block, Factors factors, float[] values, float rate, float ridge) {
        int firstUser = block / strata.grid * strata.usersARow;
        int firstItem = block % strata.grid * strata.itemsAColumn;
        float[] users = factors.users();
        float[] items = factors.items();
        float[] userBiases = factors.userBiases();
        float[] itemBiases = factors.itemBiases();
        int[] ratings = strata.packed;
        float keep = 1 - rate * ridge;
        int r = strata.starts[block];
        int end = strata.starts[block + 1];
        while (r < end) {
            int local = ratings[r] >>> strata.userShift;
            int user = firstUser + local;
            int at = user * WIDE;
            FloatVector p0 = FloatVector.fromArray(SPECIES, users, at);
            FloatVector p1 = FloatVector.fromArray(SPECIES, users, at + LANES);
            float bias = userBiases[user];
            int packed = ratings[r];
            do {
                int item = firstItem + (packed >>> strata.itemShift & strata.itemMask);
                int q = item * WIDE;
                FloatVector q0 = FloatVector.fromArray(SPECIES, items, q);
                FloatVector q1 = FloatVector.fromArray(SPECIES, items, q + LANES);
                float dot = p0.mul(q0).add(p1.mul(q1)).reduceLanes(VectorOperators.ADD);
                float step = rate * (values[packed & strata.levelMask] - bias - itemBiases[item] - dot);
                bias = bias * keep + step;
                itemBiases[item] = itemBiases[item] * keep + step;
                FloatVector s = FloatVector.broadcast(SPECIES, step);
                p0.fma(s, q0.mul(keep)).intoArray(items, q);
                p1.fma(s, q1.mul(keep)).intoArray(items, q + LANES);
                p0 = q0.fma(s, p0.mul(keep));
                p1 = q1.fma(s, p1.mul(keep));
                if (++r == end) {
                    break;
                }
                packed = ratings[r];
            } while (packed >>> strata.userShift == local);
            p0.intoArray(users, at);
            p1.intoArray(users, at + LANES);
            userBiases[user] = bias;
        }
    }

    private static void learn4(Strata strata, int block, Factors factors, float[] values, float rate, float ridge) {
        int firstUser = block / strata.grid * strata.usersARow;
        int firstItem = block % strata.grid * strata.itemsAColumn;
        float[] users = factors.users();
        float[] items = factors.items();
        float[] userBiases = factors.userBiases();
        float[] itemBiases = factors.itemBiases();
        int[] ratings = strata.packed;
        float keep = 1 - rate * ridge;
        int r = strata.starts[block];
        int end = strata.starts[block + 1];
        while (r < end) {
            int local = ratings[r] >>> strata.userShift;
            int user = firstUser + local;
            int at = user * WIDE;
            FloatVector p0 = FloatVector.fromArray(SPECIES, users, at);
            FloatVector p1 = FloatVector.fromArray(SPECIES, users, at + LANES);
            FloatVector p2 = FloatVector.fromArray(SPECIES, users, at + 2 * LANES);
            FloatVector p3 = FloatVector.fromArray(SPECIES, users, at + 3 * LANES);
            float bias = userBiases[user];
            int packed = ratings[r];
            do {
                int item = firstItem + (packed >>> strata.itemShift & strata.itemMask);
                int q = item * WIDE;
                FloatVector q0 = FloatVector.fromArray(SPECIES, items, q);
                FloatVector q1 = FloatVector.fromArray(SPECIES, items, q + LANES);
                FloatVector q2 = FloatVector.fromArray(SPECIES, items, q + 2 * LANES);
                FloatVector q3 = FloatVector.fromArray(SPECIES, items, q + 3 * LANES);
                FloatVector sum = p0.mul(q0).add(p1.mul(q1)).add(p2.mul(q2).add(p3.mul(q3)));
                float dot = sum.reduceLanes(VectorOperators.ADD);
                float step = rate * (values[packed & strata.levelMask] - bias - itemBiases[item] - dot);
                bias = bias * keep + step;
                itemBiases[item] = itemBiases[item] * keep + step;
                FloatVector s = FloatVector.broadcast(SPECIES, step);
                p0.fma(s, q0.mul(keep)).intoArray(items, q);
                p1.fma(s, q1.mul(keep)).intoArray(items, q + LANES);
                p2.fma(s, q2.mul(keep)).intoArray(items, q + 2 * LANES);
                p3.fma(s, q3.mul(keep)).intoArray(items, q + 3 * LANES);
                p0 = q0.fma(s, p0.mul(keep));
                p1 = q1.fma(s, p1.mul(keep));
                p2 = q2.fma(s, p2.mul(keep));
                p3 = q3.fma(s, p3.mul(keep));
                if (++r == end) {
                    break;
                }
                packed = ratings[r];
            } while (packed >>> strata.userShift == local);
            p0.intoArray(users, at);
            p1.intoArray(users, at + LANES);
            p2.intoArray(users, at + 2 * LANES);
            p3.intoArray(users, at + 3 * LANES);
            userBiases[user] = bias;
        }
    }

    private static void learnAny(Strata strata, int block, Factors factors, float[] values, float rate, float ridge) {
        int firstUser = block / strata.grid * strata.usersARow;
        int firstItem = block % strata.grid * strata.itemsAColumn;
        int stride = factors.stride();
        float[] users = factors.users();
        float[] items = factors.items();
        float keep = 1 - rate * ridge;
        for (int r = strata.starts[block]; r < strata.starts[block + 1]; r++) {
            int packed = strata.packed[r];
            int user = firstUser + (packed >>> strata.userShift);
            int item = firstItem + (packed >>> strata.itemShift & strata.itemMask);
            int p = user * stride;
            int q = item * stride;
            float error = values[packed & strata.levelMask]
                    - factors.userBiases()[user]
                    - factors.itemBiases()[item]
                    - dot(users, p, items, q, stride);
            float step = rate * error;
            factors.userBiases()[user] = factors.userBiases()[user] * keep + step;
            factors.itemBiases()[item] = factors.itemBiases()[item] * keep + step;
            FloatVector s = FloatVector.broadcast(SPECIES, step);
            for (int f = 0; f < stride; f += LANES) {
                FloatVector pf = FloatVector.fromArray(SPECIES, users, p + f);
                FloatVector qf = FloatVector.fromArray(SPECIES, items, q + f);
                qf.fma(s, pf.mul(keep)).intoArray(users, p + f);
                pf.fma(s, qf.mul(keep)).intoArray(items, q + f);
            }
        }
    }

    private static float dot(float[] users, int p, float[] items, int q, int stride) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int f = 0; f < stride; f += LANES) {
            sum = FloatVector.fromArray(SPECIES, users, p + f).fma(FloatVector.fromArray(SPECIES, items, q + f), sum);
        }
        return sum.reduceLanes(VectorOperators.ADD);
    }

    @Override
    public double squaredErrors(Strata strata, int block, Factors factors, float[] values) {
        int firstUser = block / strata.grid * strata.usersARow;
        int firstItem = block % strata.grid * strata.itemsAColumn;
        int stride = factors.stride();
        double sum = 0;
        for (int r = strata.starts[block]; r < strata.starts[block + 1]; r++) {
            int packed = strata.packed[r];
            int user = firstUser + (packed >>> strata.userShift);
            int item = firstItem + (packed >>> strata.itemShift & strata.itemMask);
            double error = values[packed & strata.levelMask]
                    - factors.userBiases()[user]
                    - factors.itemBiases()[item]
                    - dot(factors.users(), user * stride, factors.items(), item * stride, stride);
            sum += error * error;
        }
        return sum;
    }
}
