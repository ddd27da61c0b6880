package dev.millrace.learner.gpu;

import dev.millrace.ingest.spec.Heads;
import dev.millrace.ingest.spec.Objective;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/** Outputs of a model's heads on the device, as {@code ps.network} mixes them: z_h = a_h·s + t_h + b_h. */
final class DeviceHeads implements AutoCloseable {
    private final Cuda cuda;
    private final int count;
    private final DeviceBuffer scales;
    private final DeviceBuffer squared;
    /** ∂loss/∂z of each, [samples, heads]. */
    private final DeviceBuffer gradients;

    DeviceHeads(Cuda cuda, List<Heads.Head> heads) {
        this.cuda = cuda;
        count = heads.size();
        float[] weights = new float[count];
        int[] values = new int[count];
        for (int head = 0; head < count; head++) {
            weights[head] = (float) heads.get(head).weight();
            values[head] = heads.get(head).objective() == Objective.SQUARED ? 1 : 0;
        }
        scales = new DeviceBuffer(cuda).reserve(count);
        squared = new DeviceBuffer(cuda).reserve(count);
        gradients = new DeviceBuffer(cuda);
        JCudaDriver.cuMemcpyHtoD(scales.address(), Pointer.to(weights), (long) count * Float.BYTES);
        JCudaDriver.cuMemcpyHtoD(squared.address(), Pointer.to(values), (long) count * Integer.BYTES);
        // The stream of the kernels does not wait for them.
        JCudaDriver.cuCtxSynchronize();
    }

    int count() {
        return count;
    }

    DeviceBuffer gradients() {
        return gradients;
    }

    /**
     * Losses and their gradients.
     *
     * @param shared s of each sample
     * @param sharedGradient receives ∂loss/∂s
     */
    void finish(
            Flight flight,
            DevicePerceptron layers,
            CUdeviceptr shared,
            CUdeviceptr sharedGradient,
            CUdeviceptr control) {
        int n = flight.minibatch.size();
        gradients.reserve((long) n * count);
        cuda.launchWarps(
                "finish_heads",
                n,
                n,
                count,
                layers.lastWidth(),
                layers.lastActivations(),
                layers.lastWeights(),
                layers.value(layers.mix()),
                scales.address(),
                squared.address(),
                flight.labels(),
                flight.weights(),
                flight.logKeep(),
                shared,
                gradients.address(),
                sharedGradient,
                flight.predictions(),
                control);
    }

    /** Gradients of a and b. */
    void backward(int n, DevicePerceptron layers, CUdeviceptr shared) {
        layers.columns(n, count, gradients, shared, layers.mix());
        layers.columns(n, count, gradients, DeviceBuffer.NONE, layers.mix() + count);
    }

    @Override
    public void close() {
        scales.close();
        squared.close();
        gradients.close();
    }
}
