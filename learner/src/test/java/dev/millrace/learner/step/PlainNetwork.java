package dev.millrace.learner.step;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Network;

/** Every network written down plainly, one sample, in double precision: what the kernels are compared with. */
final class PlainNetwork {
    private final Network network;
    private final int fields;
    private final int dim;
    private final int heads;
    private final int parameters;

    PlainNetwork(ModelSpec spec) {
        network = spec.network();
        fields = spec.network().slots().size();
        dim = network.dim();
        heads = spec.heads().count();
        parameters = new dev.millrace.ps.network.NetworkModel(spec).parameters();
    }

    /**
     * @param wide Σ wᵢ·xᵢ
     * @param squares Σ xᵢ²·|vᵢ|²
     * @param x0 pooled embeddings, [fields · dim]
     * @param dense parameters in the order that the parts document
     * @return z; of each head, where there are some
     */
    double[] outputs(double wide, double squares, double[] x0, double[] dense) {
        double z = wide;
        int at = 0;
        if (network.type().hasPairs()) {
            z += pairs(squares, x0);
        }
        if (network.type() == Network.Type.FWFM) {
            z += fieldPairs(x0, dense);
        }
        if (network.type() == Network.Type.DCN) {
            int width = fields * dim;
            double[] x = x0;
            for (int layer = 0; layer < network.crossLayers(); layer++) {
                x = cross(x0, x, dense, at);
                at += (network.crossRank() == 0 ? width * width : 2 * width * network.crossRank()) + width;
            }
            z += dot(x, dense, at);
            at += width;
        }
        if (!network.type().isDeep()) {
            return new double[] {z};
        }
        double[] sums = perceptron(x0, dense, at);
        if (heads == 0) {
            sums[0] += z;
            return sums;
        }
        for (int head = 0; head < heads; head++) {
            int factors = parameters - 2 * heads;
            sums[head] += dense[factors + head] * z + dense[factors + heads + head];
        }
        return sums;
    }

    double output(double wide, double squares, double[] x0, double[] dense) {
        return outputs(wide, squares, x0, dense)[0];
    }

    private double pairs(double squares, double[] x0) {
        double sum = 0;
        for (int f = 0; f < dim; f++) {
            double s = 0;
            for (int field = 0; field < fields; field++) {
                s += x0[field * dim + f];
            }
            sum += s * s;
        }
        return 0.5 * (sum - squares);
    }

    private double fieldPairs(double[] x0, double[] dense) {
        double sum = 0;
        int pair = 0;
        for (int a = 0; a < fields; a++) {
            for (int b = a + 1; b < fields; b++) {
                double inner = 0;
                for (int f = 0; f < dim; f++) {
                    inner += x0[a * dim + f] * x0[b * dim + f];
                }
                sum += dense[pair++] * inner;
            }
        }
        return sum;
    }

    private double[] cross(double[] x0, double[] x, double[] dense, int at) {
        int width = x0.length;
        int rank = network.crossRank();
        double[] u = new double[width];
        if (rank == 0) {
            u = product(x, dense, at, width);
            at += width * width;
        } else {
            double[] t = product(x, dense, at, rank);
            u = product(t, dense, at + width * rank, width);
            at += 2 * width * rank;
        }
        double[] next = new double[width];
        for (int j = 0; j < width; j++) {
            next[j] = x0[j] * (u[j] + dense[at + j]) + x[j];
        }
        return next;
    }

    private double[] perceptron(double[] x0, double[] dense, int from) {
        double[] x = x0;
        int at = from;
        for (int width : network.hidden()) {
            double[] above = product(x, dense, at, width);
            at += x.length * width;
            for (int j = 0; j < width; j++) {
                above[j] = Math.max(0, above[j] + dense[at + j]);
            }
            at += width;
            x = above;
        }
        double[] sums = new double[Math.max(1, heads)];
        for (int head = 0; head < sums.length; head++) {
            sums[head] = dot(x, dense, at + head * x.length);
        }
        return sums;
    }

    /** x·W, W [x.length, width] at {@code at}. */
    private static double[] product(double[] x, double[] dense, int at, int width) {
        double[] to = new double[width];
        for (int i = 0; i < x.length; i++) {
            for (int j = 0; j < width; j++) {
                to[j] += x[i] * dense[at + i * width + j];
            }
        }
        return to;
    }

    private static double dot(double[] x, double[] dense, int at) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * dense[at + i];
        }
        return sum;
    }
}
