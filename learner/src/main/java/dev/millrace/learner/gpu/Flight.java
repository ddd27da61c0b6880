package dev.millrace.learner.gpu;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.MergedKeys;
import dev.millrace.learner.step.Minibatch;
import dev.millrace.learner.step.Step;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.table.ParameterTable;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * One minibatch on its way to the device and back: what it brings is one copy, words one after the other, and so is what it
 * leaves. Two of them take turns, so that one is prepared while the other is computed.
 *
 * <pre>
 *  brings   label weight [n, heads]  logKeep fake [n]  start [n+1] │ slot field x [features]
 *           slot field [keys]  begin [keys+1] │ sample x [features], by key │ slot [loads]  row [loads, stride]
 *  leaves   prediction [heads, n] │ done [keys]
 * </pre>
 */
final class Flight implements AutoCloseable {
    final Minibatch minibatch;
    final MergedKeys keys = new MergedKeys();
    final CUevent brought = Cuda.newEvent();
    final CUevent left = Cuda.newEvent();
    private final PinnedBuffer bringing = new PinnedBuffer();
    private final PinnedBuffer leaving = new PinnedBuffer();
    private final DeviceBuffer brings;
    private final DeviceBuffer leaves;

    /** By a key's number. */
    int[] fieldOf = new int[1024];

    int[] slots = new int[1024];
    long[] rows = new long[1024];
    int[] loads = new int[1024];
    int loadCount;
    private int[] begins = new int[1025];

    @Nullable
    private SampleBlock block;

    private int[] samples = {};
    private float[] predictions = {};
    private boolean flying;
    private final int heads;
    private int named;
    private int labels;
    private int ofSamples;
    private int starts;
    private int features;
    private int keySlots;
    private int byKey;
    private int loadSlots;

    Flight(Cuda cuda, ModelSpec spec, ParameterTable table, RowLife life) {
        minibatch = new Minibatch(spec, table, life);
        heads = spec.heads().labels();
        brings = new DeviceBuffer(cuda);
        leaves = new DeviceBuffer(cuda);
    }

    /**
     * @param count of all that are named, so that each head's predictions have their place
     * @return how many samples it has, of which none may have flown
     */
    int collect(SampleBlock from, int[] all, int begin, int end, int count, float[] receives) {
        keys.clear();
        block = from;
        samples = all;
        named = count;
        predictions = receives;
        int n = minibatch.collect(from, all, begin, end, receives, this::number);
        reserveKeys();
        return n;
    }

    private int number(long key, int field) {
        int number = keys.add(key);
        if (number >= fieldOf.length) {
            fieldOf = Arrays.copyOf(fieldOf, 2 * number);
        }
        fieldOf[number] = field;
        return number;
    }

    private void reserveKeys() {
        if (slots.length < keys.size()) {
            int room = 2 * keys.size();
            slots = new int[room];
            rows = new long[room];
            loads = new int[room];
            begins = new int[room + 1];
        }
        loadCount = 0;
    }

    /** Makes the copy that it brings: the places of its parts, and all but the rows to load. */
    void pack(int stride) {
        int n = minibatch.size();
        int f = minibatch.features();
        int k = keys.size();
        labels = 0;
        ofSamples = 2 * n * heads;
        starts = ofSamples + 2 * n;
        features = starts + n + 1;
        keySlots = features + 3 * f;
        byKey = keySlots + 3 * k + 1;
        loadSlots = byKey + 2 * f;
        int words = loadSlots + loadCount * (1 + stride);
        bringing.reserve(words);
        brings.reserve(words);
        leaving.reserve(n * heads + k);
        leaves.reserve((long) n * heads + k);
        packSamples(n);
        packFeatures(f);
        packKeys(n, f, k);
    }

    private void packSamples(int n) {
        SampleBlock from = java.util.Objects.requireNonNull(block);
        IntBuffer ints = bringing.ints();
        FloatBuffer floats = bringing.floats();
        ints.put(starts, 0);
        for (int i = 0; i < n; i++) {
            int sample = samples[minibatch.taken(i)];
            for (int head = 0; head < heads; head++) {
                boolean said = head < from.heads();
                floats.put(labels + i * heads + head, said ? from.label(sample, head) : 0);
                floats.put(labels + (n + i) * heads + head, said ? from.weight(sample, head) : 0);
            }
            floats.put(ofSamples + i, (float) Math.log(from.keepRate(sample)));
            ints.put(ofSamples + n + i, from.hasFakeNegatives(sample) ? 1 : 0);
            ints.put(starts + 1 + i, minibatch.end(i));
        }
    }

    private void packFeatures(int f) {
        IntBuffer ints = bringing.ints();
        FloatBuffer floats = bringing.floats();
        for (int i = 0; i < f; i++) {
            ints.put(features + i, slots[minibatch.number(i)]);
            ints.put(features + f + i, minibatch.field(i));
            floats.put(features + 2 * f + i, minibatch.value(i));
        }
    }

    /** The features once more, those of a key together, in the samples' order. */
    private void packKeys(int n, int f, int k) {
        IntBuffer ints = bringing.ints();
        FloatBuffer floats = bringing.floats();
        int begin = 0;
        for (int i = 0; i < k; i++) {
            ints.put(keySlots + i, slots[i]);
            ints.put(keySlots + k + i, fieldOf[i]);
            ints.put(keySlots + 2 * k + i, begin);
            begins[i] = begin;
            begin += keys.occurrences(i);
        }
        ints.put(keySlots + 3 * k, begin);
        int feature = 0;
        for (int i = 0; i < n; i++) {
            for (; feature < minibatch.end(i); feature++) {
                int at = begins[minibatch.number(feature)]++;
                ints.put(byKey + at, i);
                floats.put(byKey + f + at, minibatch.value(feature));
            }
        }
    }

    /** The i-th row to load, {@code stride} floats. */
    void packLoad(int i, int slot, float[] row, int stride) {
        bringing.ints().put(loadSlots + i, slot);
        bringing.floats().put(loadSlots + loadCount + i * stride, row, 0, stride);
    }

    /** Copies what it brings, and lets the kernels wait for it. */
    void depart(Cuda cuda, int stride) {
        long words = loadSlots + loadCount * (1L + stride);
        JCudaDriver.cuMemcpyHtoDAsync(brings.address(), bringing.pointer(), words * Integer.BYTES, cuda.copies);
        JCudaDriver.cuEventRecord(brought, cuda.copies);
        JCudaDriver.cuStreamWaitEvent(cuda.kernels, brought, 0);
        flying = true;
    }

    /** Behind the kernels: copies what they leave. */
    void arrive(Cuda cuda) {
        long words = (long) minibatch.size() * heads + keys.size();
        JCudaDriver.cuMemcpyDtoHAsync(leaving.pointer(), leaves.address(), words * Integer.BYTES, cuda.kernels);
        JCudaDriver.cuEventRecord(left, cuda.kernels);
    }

    /**
     * Waits for what it leaves and notes it in the table; after that it can be used again.
     *
     * @return samples learned
     */
    int land(ParameterTable table, RowLife life, RowCache cache, Step.Touched touched) {
        if (!flying) {
            return 0;
        }
        flying = false;
        JCudaDriver.cuEventSynchronize(left);
        int n = minibatch.size();
        int learned = 0;
        for (int i = 0; i < n; i++) {
            for (int head = 0; head < heads; head++) {
                predictions[head * named + minibatch.taken(i)] =
                        leaving.floats().get(head * n + i);
            }
            learned += Float.isNaN(predictions[minibatch.taken(i)]) ? 0 : 1;
        }
        SampleBlock from = java.util.Objects.requireNonNull(block);
        note(from, n, table, life, cache, touched);
        minibatch.observe(from, samples, predictions, touched);
        block = null;
        return learned;
    }

    private void note(
            SampleBlock from, int n, ParameterTable table, RowLife life, RowCache cache, Step.Touched touched) {
        int k = keys.size();
        int[] counts = new int[k];
        int[] seconds = new int[k];
        long[] idSums = new long[k];
        int feature = 0;
        for (int i = 0; i < n; i++) {
            int sample = samples[minibatch.taken(i)];
            boolean refused = Float.isNaN(predictions[minibatch.taken(i)]);
            int second = RowLife.second(from.eventTimeMs(sample));
            for (; feature < minibatch.end(i); feature++) {
                int number = minibatch.number(feature);
                if (!refused) {
                    counts[number]++;
                    idSums[number] += from.sampleId(sample);
                    seconds[number] = Integer.compareUnsigned(seconds[number], second) < 0 ? second : seconds[number];
                }
            }
        }
        for (int i = 0; i < k; i++) {
            if (leaving.ints().get(n * heads + i) != 0) {
                // Later keys may have moved it.
                long row = table.find(keys.key(i));
                life.learned(row, counts[i], idSums[i], seconds[i]);
                cache.learned(slots[i]);
                touched.key(keys.key(i));
            }
        }
    }

    SampleBlock block() {
        return java.util.Objects.requireNonNull(block);
    }

    /** Of the block, the i-th of the minibatch. */
    int sample(int i) {
        return samples[minibatch.taken(i)];
    }

    /** Whether a key's row has learned; once it has landed. */
    boolean isDone(int number) {
        return leaving.ints().get(minibatch.size() * heads + number) != 0;
    }

    CUdeviceptr labels() {
        return brings.at(labels);
    }

    CUdeviceptr weights() {
        return brings.at((long) labels + minibatch.size() * heads);
    }

    CUdeviceptr logKeep() {
        return brings.at(ofSamples);
    }

    CUdeviceptr fakes() {
        return brings.at((long) ofSamples + minibatch.size());
    }

    CUdeviceptr starts() {
        return brings.at(starts);
    }

    CUdeviceptr featureSlots() {
        return brings.at(features);
    }

    CUdeviceptr featureFields() {
        return brings.at((long) features + minibatch.features());
    }

    CUdeviceptr featureValues() {
        return brings.at(features + 2L * minibatch.features());
    }

    CUdeviceptr keySlots() {
        return brings.at(keySlots);
    }

    CUdeviceptr keyFields() {
        return brings.at((long) keySlots + keys.size());
    }

    CUdeviceptr begins() {
        return brings.at(keySlots + 2L * keys.size());
    }

    CUdeviceptr samplesByKey() {
        return brings.at(byKey);
    }

    CUdeviceptr valuesByKey() {
        return brings.at((long) byKey + minibatch.features());
    }

    CUdeviceptr loadSlots() {
        return brings.at(loadSlots);
    }

    CUdeviceptr loadRows() {
        return brings.at((long) loadSlots + loadCount);
    }

    CUdeviceptr predictions() {
        return leaves.address();
    }

    CUdeviceptr done() {
        return leaves.at((long) minibatch.size() * heads);
    }

    @Override
    public void close() {
        brings.close();
        leaves.close();
        bringing.close();
        leaving.close();
        JCudaDriver.cuEventDestroy(brought);
        JCudaDriver.cuEventDestroy(left);
    }
}
