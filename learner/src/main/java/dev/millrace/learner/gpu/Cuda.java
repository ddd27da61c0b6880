package dev.millrace.learner.gpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * The first CUDA device with our kernels loaded, a stream for copies to it and one for kernels and what they leave. A
 * thread says {@link #bind} before it uses it.
 *
 * @see <a href="https://docs.nvidia.com/cuda/cuda-driver-api/">CUDA driver API</a>
 */
final class Cuda implements AutoCloseable {
    static final String KERNELS = "kernels.ptx";
    static final int WARP = 32;
    private static final int BLOCK = 128;
    private static final int MOST_BLOCKS = 4096;
    private static final int MAJOR = 75;
    private static final int MINOR = 76;

    final CUstream copies = new CUstream();
    final CUstream kernels = new CUstream();
    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final CUmodule module = new CUmodule();
    private final Map<String, CUfunction> functions = new HashMap<>();

    /** @throws jcuda.CudaException when there is no device, or it cannot take the kernels */
    Cuda() {
        JCudaDriver.setExceptionsEnabled(true);
        JCudaDriver.cuInit(0);
        JCudaDriver.cuDeviceGet(device, 0);
        JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
        bind();
        JCudaDriver.cuModuleLoadData(module, ptx());
        JCudaDriver.cuStreamCreate(copies, CUstream_flags.CU_STREAM_NON_BLOCKING);
        JCudaDriver.cuStreamCreate(kernels, CUstream_flags.CU_STREAM_NON_BLOCKING);
    }

    /** As the driver wants it, with a zero at the end. */
    static byte[] ptx() {
        try (InputStream in = Cuda.class.getResourceAsStream(KERNELS)) {
            if (in == null) {
                throw new IllegalStateException("the learner was built without " + KERNELS);
            }
            byte[] text = in.readAllBytes();
            return Arrays.copyOf(text, text.length + 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void bind() {
        JCudaDriver.cuCtxSetCurrent(context);
    }

    /** Name, compute capability, memory. */
    String describe() {
        byte[] name = new byte[256];
        JCudaDriver.cuDeviceGetName(name, name.length, device);
        int[] major = new int[1];
        int[] minor = new int[1];
        long[] bytes = new long[1];
        JCudaDriver.cuDeviceGetAttribute(major, MAJOR, device);
        JCudaDriver.cuDeviceGetAttribute(minor, MINOR, device);
        JCudaDriver.cuDeviceTotalMem(bytes, device);
        String text = new String(name, StandardCharsets.UTF_8);
        return "%s (compute capability %d.%d, %d MiB)"
                .formatted(text.substring(0, text.indexOf(0)), major[0], minor[0], bytes[0] >> 20);
    }

    /** A warp for each of {@code count}. */
    void launchWarps(String kernel, int count, Object... parameters) {
        launch(kernel, Math.ceilDiv(count, BLOCK / WARP), 1, BLOCK, 1, parameters);
    }

    /** Threads that share {@code count} elements. */
    void launchThreads(String kernel, int count, Object... parameters) {
        launch(kernel, Math.min(MOST_BLOCKS, Math.ceilDiv(count, BLOCK)), 1, BLOCK, 1, parameters);
    }

    /** @param parameters ints, floats and addresses, as the kernel declares them */
    void launch(String kernel, int blocks, int blocksHigh, int threads, int threadsHigh, Object... parameters) {
        Pointer[] pointers = new Pointer[parameters.length];
        for (int i = 0; i < parameters.length; i++) {
            pointers[i] = switch (parameters[i]) {
                case Integer value -> Pointer.to(new int[] {value});
                case Float value -> Pointer.to(new float[] {value});
                case CUdeviceptr address -> Pointer.to(address);
                default -> throw new IllegalArgumentException(kernel + " takes no " + parameters[i].getClass());
            };
        }
        JCudaDriver.cuLaunchKernel(
                function(kernel),
                blocks,
                blocksHigh,
                1,
                threads,
                threadsHigh,
                1,
                0,
                kernels,
                Pointer.to(pointers),
                null);
    }

    private CUfunction function(String kernel) {
        return functions.computeIfAbsent(kernel, name -> {
            CUfunction function = new CUfunction();
            JCudaDriver.cuModuleGetFunction(function, module, name);
            return function;
        });
    }

    /** Waits until all kernels are done, and the copies that they wait for. */
    void synchronize() {
        JCudaDriver.cuStreamSynchronize(kernels);
    }

    static CUevent newEvent() {
        CUevent event = new CUevent();
        JCudaDriver.cuEventCreate(event, 2 /* no timing */);
        return event;
    }

    @Override
    public void close() {
        bind();
        synchronize();
        JCudaDriver.cuStreamDestroy(copies);
        JCudaDriver.cuStreamDestroy(kernels);
        JCudaDriver.cuModuleUnload(module);
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
}
