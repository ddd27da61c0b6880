package dev.millrace.learner.gpu;

import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/** Memory of the device, in words of four bytes: floats or ints. Grows, losing what was in it. */
final class DeviceBuffer implements AutoCloseable {
    /** No memory, where a kernel takes none. */
    static final CUdeviceptr NONE = new CUdeviceptr();

    private final Cuda cuda;
    private CUdeviceptr address = NONE;
    private long words;

    DeviceBuffer(Cuda cuda) {
        this.cuda = cuda;
    }

    /** Makes room; waits for the kernels when it must grow. */
    DeviceBuffer reserve(long atLeast) {
        if (words < atLeast) {
            close();
            long room = Math.max(1024, Long.highestOneBit(atLeast) * 2);
            CUdeviceptr grown = new CUdeviceptr();
            JCudaDriver.cuMemAlloc(grown, room * Integer.BYTES);
            address = grown;
            words = room;
        }
        return this;
    }

    CUdeviceptr address() {
        return address;
    }

    /** @param word where it begins */
    CUdeviceptr at(long word) {
        return address.withByteOffset(word * Integer.BYTES);
    }

    @Override
    public void close() {
        if (words > 0) {
            cuda.synchronize();
            JCudaDriver.cuMemFree(address);
            address = NONE;
            words = 0;
        }
    }
}
