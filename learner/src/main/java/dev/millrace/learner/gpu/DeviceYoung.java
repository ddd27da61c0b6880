package dev.millrace.learner.gpu;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.YoungRows;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.network.Fields;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/**
 * Fold-in beside the device: what samples say of young keys is kept and solved for on the host, as on the CPU, from what
 * the device leaves of the minibatch; the solution goes into the rows there. So the device waits for the host once a
 * minibatch that has young keys.
 */
final class DeviceYoung implements YoungRows.Keys {
    private final Cuda cuda;
    private final YoungRows young;
    private final RowCache cache;
    private final Ftrl ftrl;
    private final int dim;
    private final float[] vector;
    private final float[] sumsOfOne;
    private final IntArrayList numbers = new IntArrayList();
    private float[] rows = {};
    private float[] values = {};
    private float[] sums = {};
    private float[] outputs = {};
    private int[] slots = {};
    private Flight of;

    /** @param first any flight */
    DeviceYoung(Cuda cuda, ModelSpec spec, YoungRows young, RowCache cache, Flight first) {
        this.cuda = cuda;
        this.young = young;
        this.cache = cache;
        ftrl = spec.optimizer();
        dim = spec.network().dim();
        vector = new float[dim];
        sumsOfOne = new float[dim];
        of = first;
    }

    YoungRows rows() {
        return young;
    }

    /** Behind the outputs, before the steps. @param sumsOfSamples Σ of their features' x·v, [n, dim] */
    void observe(Flight flight, DeviceBuffer sumsOfSamples) {
        of = flight;
        find();
        if (numbers.isEmpty()) {
            return;
        }
        read();
        int n = flight.minibatch.size();
        if (outputs.length < n) {
            outputs = new float[n];
            sums = new float[n * dim];
        }
        JCudaDriver.cuMemcpyDtoH(Pointer.to(outputs), flight.predictions(), (long) n * Float.BYTES);
        JCudaDriver.cuMemcpyDtoH(Pointer.to(sums), sumsOfSamples.address(), (long) n * dim * Float.BYTES);
        SampleBlock block = flight.block();
        int from = 0;
        for (int i = 0; i < n; i++) {
            if (!Float.isNaN(outputs[i])) {
                System.arraycopy(sums, i * dim, sumsOfOne, 0, dim);
                young.observe(block, flight.sample(i), flight.minibatch, i, from, this, outputs[i], sumsOfOne);
            }
            from = flight.minibatch.end(i);
        }
    }

    /** The young keys of the minibatch that have rows there. */
    private void find() {
        numbers.clear();
        for (int number = 0; number < of.keys.size(); number++) {
            if (of.slots[number] != RowCache.MISSING && isEmbedded(number) && young.isYoung(of.keys.key(number))) {
                numbers.add(number);
            }
        }
        if (values.length < of.keys.size() * (1 + dim)) {
            values = new float[2 * of.keys.size() * (1 + dim)];
        }
    }

    /** Their rows as they are, and weight and vector of each. */
    private void read() {
        int stride = cache.stride();
        if (slots.length < numbers.size()) {
            slots = new int[2 * numbers.size()];
            rows = new float[slots.length * stride];
        }
        for (int i = 0; i < numbers.size(); i++) {
            slots[i] = of.slots[numbers.getInt(i)];
        }
        cache.read(slots, numbers.size(), rows);
        for (int i = 0; i < numbers.size(); i++) {
            int at = numbers.getInt(i) * (1 + dim);
            values[at] = weight(i);
            System.arraycopy(rows, i * stride + 2, values, at + 1, dim);
        }
    }

    private float weight(int i) {
        int stride = cache.stride();
        return (float) FtrlRows.weight(rows[i * stride], rows[i * stride + 1], ftrl);
    }

    /** Behind the steps, once the flight has landed: the solutions in place of the steps. */
    void solve() {
        numbers.removeIf(number -> !of.isDone(number));
        if (numbers.isEmpty()) {
            return;
        }
        read();
        int solved = 0;
        int stride = cache.stride();
        for (int i = 0; i < numbers.size(); i++) {
            if (young.solve(of.keys.key(numbers.getInt(i)), weight(i), vector)) {
                System.arraycopy(rows, i * stride, rows, solved * stride, stride);
                System.arraycopy(vector, 0, rows, solved * stride + 2, dim);
                slots[solved++] = slots[i];
            }
        }
        cache.write(slots, solved, rows);
        cuda.synchronize();
    }

    @Override
    public long key(int number) {
        return of.keys.key(number);
    }

    @Override
    public boolean isEmbedded(int number) {
        return of.fieldOf[number] != Fields.WIDE_ONLY;
    }

    @Override
    public float[] values() {
        return values;
    }
}
