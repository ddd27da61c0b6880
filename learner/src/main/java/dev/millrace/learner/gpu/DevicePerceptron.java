package dev.millrace.learner.gpu;

import dev.millrace.ingest.spec.Network;
import dev.millrace.ingest.spec.Update;
import dev.millrace.learner.step.DenseLayers;
import dev.millrace.learner.step.Step;
import dev.millrace.ps.network.NetworkModel;
import dev.millrace.ps.table.ParameterTable;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/**
 * The layers of a network on the device: the parameters of all of them, and a perceptron's, max(0, x·W + b) one after the
 * other and a last w, forward, backward and step. Ordered as {@code ps.network} orders them: those of a {@link DevicePart},
 * then W [in, out], b [out], …, w [width], or one w a head, and what mixes the heads ({@link DeviceHeads}).
 */
final class DevicePerceptron implements AutoCloseable {
    private static final int TILE = 32;
    private static final int SIDE = 16;
    private static final int PLAIN = 0;
    private static final int RECTIFY = 1;
    private static final int GATE = 2;
    private static final int ADD = 3;

    private final Cuda cuda;
    private final DenseLayers layers;
    private final Update update;
    private final int parameters;
    /** Where the perceptron's begin. */
    private final int at;

    private final int[] widths;
    private final int heads;
    private final DeviceBuffer values;
    private final DeviceBuffer gradient;
    private final DeviceBuffer state;
    private final DeviceBuffer factors;
    /** After each layer, [samples, width]; and what reaches it from above. */
    private final DeviceBuffer[] activations;

    private final DeviceBuffer[] gradients;
    private boolean changed;

    /** @param heads 0: one output */
    DevicePerceptron(Cuda cuda, NetworkModel network, Network spec, int heads, ParameterTable table) {
        this.heads = heads;
        this.cuda = cuda;
        layers = new DenseLayers(network, spec, table);
        update = spec.dense();
        parameters = layers.values().length;
        at = DeviceCross.parameters(spec, network.fields().count());
        List<Integer> hidden = spec.type().isDeep() ? spec.hidden() : List.of();
        widths = new int[hidden.size() + 1];
        widths[0] = network.fields().count() * spec.dim();
        activations = new DeviceBuffer[hidden.size()];
        gradients = new DeviceBuffer[hidden.size()];
        for (int layer = 0; layer < hidden.size(); layer++) {
            widths[layer + 1] = hidden.get(layer);
            activations[layer] = new DeviceBuffer(cuda);
            gradients[layer] = new DeviceBuffer(cuda);
        }
        values = new DeviceBuffer(cuda).reserve(parameters);
        gradient = new DeviceBuffer(cuda).reserve(parameters);
        state = new DeviceBuffer(cuda).reserve(layers.state().length);
        factors = new DeviceBuffer(cuda).reserve(2);
        // What fills the last row up has no gradient, ever.
        if (parameters > 0) {
            JCudaDriver.cuMemsetD32Async(gradient.address(), 0, parameters, cuda.kernels);
        }
        copy(values, layers.values(), true);
        copy(state, layers.state(), true);
    }

    private void copy(DeviceBuffer device, float[] host, boolean toDevice) {
        long bytes = (long) host.length * Float.BYTES;
        if (bytes == 0) {
            return;
        }
        if (toDevice) {
            JCudaDriver.cuMemcpyHtoD(device.address(), Pointer.to(host), bytes);
            // The stream of the kernels does not wait for it.
            JCudaDriver.cuCtxSynchronize();
        } else {
            JCudaDriver.cuMemcpyDtoH(Pointer.to(host), device.address(), bytes);
        }
    }

    boolean isDeep() {
        return activations.length > 0;
    }

    /** Whether there is anything to step. */
    boolean hasParameters() {
        return parameters > 0;
    }

    CUdeviceptr value(int parameter) {
        return values.at(parameter);
    }

    /** Of all parameters, in their order. */
    DeviceBuffer gradient() {
        return gradient;
    }

    /** to [m, n] = a [m, k] · b [k, n]. */
    void product(int m, int n, int k, CUdeviceptr a, CUdeviceptr b, DeviceBuffer to) {
        multiply(m, n, k, a, k, 1, b, n, 1, to, 0, PLAIN, DeviceBuffer.NONE);
    }

    /** Gradient [m, n] of a parameter = aᵀ · b, a [k, m], b [k, n]. */
    void outerProduct(int m, int n, int k, DeviceBuffer a, DeviceBuffer b, int parameter) {
        multiply(m, n, k, a.address(), 1, m, b.address(), n, 1, gradient, parameter, PLAIN, DeviceBuffer.NONE);
    }

    /** to [m, n] = a [m, k] · bᵀ, b [n, k]. */
    void productBack(int m, int n, int k, DeviceBuffer a, CUdeviceptr b, DeviceBuffer to) {
        multiply(m, n, k, a.address(), k, 1, b, 1, k, to, 0, PLAIN, DeviceBuffer.NONE);
    }

    /** to [m, n] += a [m, k] · bᵀ, b [n, k]. */
    void addBack(int m, int n, int k, DeviceBuffer a, CUdeviceptr b, DeviceBuffer to) {
        multiply(m, n, k, a.address(), k, 1, b, 1, k, to, 0, ADD, DeviceBuffer.NONE);
    }

    private int weights(int layer) {
        int place = at;
        for (int l = 0; l < layer; l++) {
            place += (widths[l] + 1) * widths[l + 1];
        }
        return place;
    }

    /** Width of the last layer; 0 if there is none. */
    int lastWidth() {
        return isDeep() ? widths[activations.length] : 0;
    }

    /** Where the parameters of the heads' mixture begin, behind the last weights. */
    int mix() {
        return weights(activations.length) + heads * lastWidth();
    }

    CUdeviceptr lastWeights() {
        return isDeep() ? values.at(weights(activations.length)) : DeviceBuffer.NONE;
    }

    CUdeviceptr lastActivations() {
        return isDeep() ? activations[activations.length - 1].address() : DeviceBuffer.NONE;
    }

    void forward(int n, DeviceBuffer embedded) {
        DeviceBuffer below = embedded;
        for (int layer = 0; layer < activations.length; layer++) {
            int in = widths[layer];
            int out = widths[layer + 1];
            activations[layer].reserve((long) n * out);
            gradients[layer].reserve((long) n * out);
            int w = weights(layer);
            CUdeviceptr bias = values.at(w + (long) in * out);
            multiply(n, out, in, below.address(), in, 1, values.at(w), out, 1, activations[layer], 0, RECTIFY, bias);
            below = activations[layer];
        }
    }

    /** Gradients of the layers, summed over the samples, and of their input. */
    void backward(int n, DeviceBuffer embedded, CUdeviceptr dz, DeviceBuffer embeddedGradient) {
        int top = activations.length - 1;
        int last = weights(top + 1);
        columns(n, lastWidth(), activations[top], dz, last);
        cuda.launchThreads(
                "last_gradient",
                n * lastWidth(),
                n,
                lastWidth(),
                dz,
                values.at(last),
                activations[top].address(),
                gradients[top].address());
        below(n, embedded, embeddedGradient);
    }

    /** The same of heads. @param dz ∂loss/∂z of each, [n, heads] */
    void backwardOfHeads(int n, DeviceBuffer embedded, DeviceBuffer dz, DeviceBuffer embeddedGradient) {
        int top = activations.length - 1;
        int last = weights(top + 1);
        int width = lastWidth();
        outerProduct(heads, width, n, dz, activations[top], last);
        CUdeviceptr came = activations[top].address();
        multiply(n, width, heads, dz.address(), heads, 1, values.at(last), width, 1, gradients[top], 0, GATE, came);
        below(n, embedded, embeddedGradient);
    }

    private void below(int n, DeviceBuffer embedded, DeviceBuffer embeddedGradient) {
        for (int layer = activations.length - 1; layer >= 0; layer--) {
            int in = widths[layer];
            int out = widths[layer + 1];
            int w = weights(layer);
            CUdeviceptr above = gradients[layer].address();
            CUdeviceptr below = layer == 0 ? embedded.address() : activations[layer - 1].address();
            multiply(in, out, n, below, 1, in, above, out, 1, gradient, w, PLAIN, DeviceBuffer.NONE);
            columns(n, out, gradients[layer], DeviceBuffer.NONE, w + in * out);
            DeviceBuffer to = layer == 0 ? embeddedGradient : gradients[layer - 1];
            multiply(n, in, out, above, out, 1, values.at(w), 1, out, to, 0, layer == 0 ? PLAIN : GATE, below);
        }
    }

    private void multiply(
            int m,
            int n,
            int k,
            CUdeviceptr a,
            int aRow,
            int aColumn,
            CUdeviceptr b,
            int bRow,
            int bColumn,
            DeviceBuffer c,
            int cAt,
            int mode,
            CUdeviceptr extra) {
        cuda.launch(
                "multiply",
                Math.ceilDiv(n, TILE),
                Math.ceilDiv(m, TILE),
                SIDE,
                SIDE,
                m,
                n,
                k,
                a,
                aRow,
                aColumn,
                b,
                bRow,
                bColumn,
                c.at(cAt),
                mode,
                extra);
    }

    /** Gradient of a parameter [width] = the sums of x's columns, each row times its scale if there is one. */
    void columns(int n, int width, DeviceBuffer x, CUdeviceptr scale, int to) {
        cuda.launch(
                "columns", Math.ceilDiv(width, TILE), 1, Cuda.WARP, 8, n, width, x.address(), scale, gradient.at(to));
    }

    /** One step against the mean gradient of the samples that {@code control} counts. */
    void step(CUdeviceptr control) {
        float rate = (float) update.rate();
        int rule = update.rule().ordinal();
        int n = parameters;
        cuda.launchThreads("mean_gradient", n, n, (float) update.l2(), values.address(), gradient.address(), control);
        if (update.rule() == Update.Rule.ADAM) {
            cuda.launch("begin_step", 1, 1, 1, 1, rate, state.at(2L * n), control, factors.address());
        }
        if (update.rule() == Update.Rule.ROWADAGRAD) {
            cuda.launch(
                    "begin_row_step",
                    1,
                    1,
                    Cuda.WARP,
                    8,
                    n,
                    rate,
                    gradient.address(),
                    state.address(),
                    control,
                    factors.address());
        }
        cuda.launchThreads(
                "step_layers",
                n,
                n,
                rule,
                rate,
                gradient.address(),
                values.address(),
                state.address(),
                control,
                factors.address());
        changed = true;
    }

    /** Writes the layers into the table. Nothing may be on its way. */
    void flush(Step.Touched touched) {
        if (changed) {
            cuda.synchronize();
            copy(values, layers.values(), false);
            copy(state, layers.state(), false);
            layers.changed();
            changed = false;
        }
        layers.flush(touched);
    }

    @Override
    public void close() {
        for (int layer = 0; layer < activations.length; layer++) {
            activations[layer].close();
            gradients[layer].close();
        }
        values.close();
        gradient.close();
        state.close();
        factors.close();
    }
}
