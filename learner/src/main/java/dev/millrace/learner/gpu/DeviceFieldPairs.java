package dev.millrace.learner.gpu;

import jcuda.driver.CUdeviceptr;

/** Weighted pairs of fields on the device, as {@code ps.network} has them: r of (0,1), (0,2), … */
final class DeviceFieldPairs implements DevicePart {
    private final Cuda cuda;
    private final DevicePerceptron layers;
    private final int fields;
    private final int dim;

    DeviceFieldPairs(Cuda cuda, DevicePerceptron layers, int fields, int dim) {
        this.cuda = cuda;
        this.layers = layers;
        this.fields = fields;
        this.dim = dim;
    }

    @Override
    public void forward(int n, DeviceBuffer embedded, CUdeviceptr z) {
        cuda.launchWarps("field_pairs", n, n, fields, dim, embedded.address(), layers.value(0), z);
    }

    @Override
    public void backward(int n, DeviceBuffer embedded, CUdeviceptr dz, DeviceBuffer gradient) {
        int pairs = fields * (fields - 1) / 2;
        cuda.launchWarps(
                "field_pairs_back", n, n, fields, dim, embedded.address(), layers.value(0), dz, gradient.address());
        if (pairs > 0) {
            cuda.launchWarps(
                    "field_pairs_weights",
                    pairs,
                    pairs,
                    n,
                    fields,
                    dim,
                    embedded.address(),
                    dz,
                    layers.gradient().address());
        }
    }

    @Override
    public void close() {}
}
