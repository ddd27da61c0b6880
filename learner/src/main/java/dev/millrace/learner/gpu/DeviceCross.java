package dev.millrace.learner.gpu;

import dev.millrace.ingest.spec.Network;
import jcuda.driver.CUdeviceptr;

/**
 * The cross layers of DCN-v2 on the device, as {@code ps.network} has them: x_{l+1} = x₀ ⊙ (x_l·W_l + b_l) + x_l, and c·x_L
 * to the output; layer by layer W [D, D], or V [D, r] and U [r, D]; b [D]; at last c [D].
 */
final class DeviceCross implements DevicePart {
    private final Cuda cuda;
    private final DevicePerceptron layers;
    private final int width;
    private final int rank;
    /** x of each layer but the first, and the last's; x_l·W_l + b_l; x_l·V_l. */
    private final DeviceBuffer[] x;

    private final DeviceBuffer[] crossed;
    private final DeviceBuffer[] narrow;
    private final DeviceBuffer up;
    private final DeviceBuffer inner;
    private final DeviceBuffer narrowGradient;

    DeviceCross(Cuda cuda, DevicePerceptron layers, Network network, int fields) {
        this.cuda = cuda;
        this.layers = layers;
        width = fields * network.dim();
        rank = network.crossRank();
        x = buffers(network.crossLayers());
        crossed = buffers(network.crossLayers());
        narrow = buffers(network.crossLayers());
        up = new DeviceBuffer(cuda);
        inner = new DeviceBuffer(cuda);
        narrowGradient = new DeviceBuffer(cuda);
    }

    private DeviceBuffer[] buffers(int count) {
        DeviceBuffer[] made = new DeviceBuffer[count];
        for (int i = 0; i < count; i++) {
            made[i] = new DeviceBuffer(cuda);
        }
        return made;
    }

    /** Parameters of the cross layers that a network has; 0: none. */
    static int parameters(Network network, int fields) {
        if (network.crossLayers() == 0) {
            return 0;
        }
        int width = fields * network.dim();
        return network.crossLayers() * (matrices(width, network.crossRank()) + width) + width;
    }

    private static int matrices(int width, int rank) {
        return rank == 0 ? width * width : 2 * width * rank;
    }

    private int weights(int layer) {
        return layer * (matrices(width, rank) + width);
    }

    @Override
    public void forward(int n, DeviceBuffer embedded, CUdeviceptr z) {
        reserve(n);
        DeviceBuffer below = embedded;
        for (int layer = 0; layer < x.length; layer++) {
            int w = weights(layer);
            if (rank == 0) {
                layers.product(n, width, width, below.address(), layers.value(w), crossed[layer]);
            } else {
                layers.product(n, rank, width, below.address(), layers.value(w), narrow[layer]);
                layers.product(n, width, rank, narrow[layer].address(), layers.value(w + width * rank), crossed[layer]);
            }
            cuda.launchThreads(
                    "cross_layer",
                    n * width,
                    n,
                    width,
                    layers.value(w + matrices(width, rank)),
                    embedded.address(),
                    below.address(),
                    crossed[layer].address(),
                    x[layer].address());
            below = x[layer];
        }
        cuda.launchWarps("add_dot", n, n, width, below.address(), layers.value(weights(x.length)), z);
    }

    private void reserve(int n) {
        long floats = (long) n * width;
        for (int layer = 0; layer < x.length; layer++) {
            x[layer].reserve(floats);
            crossed[layer].reserve(floats);
            narrow[layer].reserve(Math.max(1, (long) n * rank));
        }
        up.reserve(floats);
        inner.reserve(floats);
        narrowGradient.reserve(Math.max(1, (long) n * rank));
    }

    @Override
    public void backward(int n, DeviceBuffer embedded, CUdeviceptr dz, DeviceBuffer gradient) {
        int c = weights(x.length);
        layers.columns(n, width, x[x.length - 1], dz, c);
        cuda.launchThreads("outer", n * width, n, width, dz, layers.value(c), up.address());
        for (int layer = x.length - 1; layer >= 0; layer--) {
            cuda.launchThreads(
                    "cross_back",
                    n * width,
                    n,
                    width,
                    up.address(),
                    embedded.address(),
                    crossed[layer].address(),
                    inner.address(),
                    gradient.address());
            int w = weights(layer);
            layers.columns(n, width, inner, DeviceBuffer.NONE, w + matrices(width, rank));
            matrices(n, w, layer == 0 ? embedded : x[layer - 1], narrow[layer]);
        }
        cuda.launchThreads("add", n * width, n * width, up.address(), gradient.address());
    }

    /** Gradients of a layer's matrices; what goes on below it is added to {@code up}. */
    private void matrices(int n, int w, DeviceBuffer below, DeviceBuffer middle) {
        if (rank == 0) {
            layers.outerProduct(width, width, n, below, inner, w);
            layers.addBack(n, width, width, inner, layers.value(w), up);
            return;
        }
        int second = w + width * rank;
        layers.outerProduct(rank, width, n, middle, inner, second);
        layers.productBack(n, rank, width, inner, layers.value(second), narrowGradient);
        layers.outerProduct(width, rank, n, below, narrowGradient, w);
        layers.addBack(n, width, rank, narrowGradient, layers.value(w), up);
    }

    @Override
    public void close() {
        for (int layer = 0; layer < x.length; layer++) {
            x[layer].close();
            crossed[layer].close();
            narrow[layer].close();
        }
        up.close();
        inner.close();
        narrowGradient.close();
    }
}
