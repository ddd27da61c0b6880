package dev.millrace.learner.factor;

/** Loops, for a JVM without the Vector API. */
final class PlainKernel implements Kernel {
    @Override
    public void learn(Strata strata, int block, Factors factors, float[] values, float rate, float ridge) {
        int stride = factors.stride();
        int firstUser = block / strata.grid * strata.usersARow;
        int firstItem = block % strata.grid * strata.itemsAColumn;
        float[] users = factors.users();
        float[] items = factors.items();
        float keep = 1 - rate * ridge;
        for (int r = strata.starts[block]; r < strata.starts[block + 1]; r++) {
            int packed = strata.packed[r];
            int user = firstUser + (packed >>> strata.userShift);
            int item = firstItem + (packed >>> strata.itemShift & strata.itemMask);
            float error = values[packed & strata.levelMask] - predict(factors, user, item);
            float step = rate * error;
            factors.userBiases()[user] = factors.userBiases()[user] * keep + step;
            factors.itemBiases()[item] = factors.itemBiases()[item] * keep + step;
            for (int f = 0; f < stride; f++) {
                float p = users[user * stride + f];
                float q = items[item * stride + f];
                users[user * stride + f] = Math.fma(step, q, p * keep);
                items[item * stride + f] = Math.fma(step, p, q * keep);
            }
        }
    }

    private static float predict(Factors factors, int user, int item) {
        int stride = factors.stride();
        float sum = 0;
        for (int f = 0; f < stride; f++) {
            sum = Math.fma(factors.users()[user * stride + f], factors.items()[item * stride + f], sum);
        }
        return sum + factors.userBiases()[user] + factors.itemBiases()[item];
    }

    @Override
    public double squaredErrors(Strata strata, int block, Factors factors, float[] values) {
        int firstUser = block / strata.grid * strata.usersARow;
        int firstItem = block % strata.grid * strata.itemsAColumn;
        double sum = 0;
        for (int r = strata.starts[block]; r < strata.starts[block + 1]; r++) {
            int packed = strata.packed[r];
            int item = firstItem + (packed >>> strata.itemShift & strata.itemMask);
            double error = values[packed & strata.levelMask]
                    - predict(factors, firstUser + (packed >>> strata.userShift), item);
            sum += error * error;
        }
        return sum;
    }
}
