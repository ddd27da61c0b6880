package dev.millrace.learner.gpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Memory of the host that the device copies from and to by itself, in words of four bytes. Grows, losing what was in it. */
final class PinnedBuffer implements AutoCloseable {
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);
    private Pointer pointer = new Pointer();
    private IntBuffer ints = NOTHING.asIntBuffer();
    private FloatBuffer floats = NOTHING.asFloatBuffer();

    void reserve(int words) {
        if (ints.capacity() < words) {
            close();
            long bytes = Math.max(1024L, Integer.highestOneBit(words) * 2L) * Integer.BYTES;
            pointer = new Pointer();
            JCudaDriver.cuMemAllocHost(pointer, bytes);
            ByteBuffer all = pointer.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
            ints = all.asIntBuffer();
            floats = all.asFloatBuffer();
        }
    }

    Pointer pointer() {
        return pointer;
    }

    IntBuffer ints() {
        return ints;
    }

    /** The same words as floats. */
    FloatBuffer floats() {
        return floats;
    }

    @Override
    public void close() {
        if (ints.capacity() > 0) {
            JCudaDriver.cuMemFreeHost(pointer);
            ints = NOTHING.asIntBuffer();
            floats = NOTHING.asFloatBuffer();
        }
    }
}
