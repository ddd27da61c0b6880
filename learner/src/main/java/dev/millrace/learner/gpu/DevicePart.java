package dev.millrace.learner.gpu;

import jcuda.driver.CUdeviceptr;

/** What a network adds to its output beside pairs and perceptron, on the device; its parameters are the first of the layers'. */
sealed interface DevicePart extends AutoCloseable permits DeviceFieldPairs, DeviceCross {
    /** Adds to z of each of n samples. @param embedded [n, fields · dim] */
    void forward(int n, DeviceBuffer embedded, CUdeviceptr z);

    /**
     * Gradients of its parameters, summed over the samples, and of the embeddings.
     *
     * @param dz ∂loss/∂z of each sample
     * @param gradient of the embeddings; where there is a perceptron, with its part in it already
     */
    void backward(int n, DeviceBuffer embedded, CUdeviceptr dz, DeviceBuffer gradient);

    @Override
    void close();
}
