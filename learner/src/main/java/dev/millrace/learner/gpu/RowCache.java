package dev.millrace.learner.gpu;

import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.Arrays;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.JCudaDriver;

/**
 * Rows of the table that are in the device's memory, where they learn; those that changed are written back together. When it
 * is full, what was used least makes room, counts halving, so that hot keys stay.
 *
 * <pre>
 *  a row, {@code stride} floats:  z | n | vector | what the optimizer keeps
 * </pre>
 */
final class RowCache implements AutoCloseable {
    static final int MISSING = -1;
    private static final int CHUNK = 8192;

    private final Cuda cuda;
    private final ParameterTable table;
    private final int stride;
    private final int tail;
    private final DeviceBuffer rows;
    private final DeviceBuffer packed;
    private final PinnedBuffer host = new PinnedBuffer();
    private final Long2IntOpenHashMap slots = new Long2IntOpenHashMap();
    private final IntArrayList free = new IntArrayList();
    private final IntArrayList dirty = new IntArrayList();
    private final long[] chunkKeys = new long[ParameterTable.CHUNK];
    private final long[] chunkRows = new long[ParameterTable.CHUNK];
    private final float[] scratch;
    private long[] keys = {};
    private boolean[] isDirty = {};
    private int[] uses = {};
    /** When a row was last known to be the table's, in write-backs: only after one do rows go, and come anew. */
    private int[] loadedAt = {};

    private int capacity;
    private int writeBacks;
    private long loads;

    RowCache(Cuda cuda, ParameterTable table, int capacity) {
        this.cuda = cuda;
        this.table = table;
        tail = table.layout().vectorFloats() + table.layout().optimizerFloats();
        stride = 2 + tail;
        scratch = new float[tail];
        rows = new DeviceBuffer(cuda);
        packed = new DeviceBuffer(cuda);
        slots.defaultReturnValue(MISSING);
        grow(capacity);
    }

    private void grow(int to) {
        rows.reserve((long) to * stride);
        capacity = to;
        keys = new long[to];
        isDirty = new boolean[to];
        uses = new int[to];
        loadedAt = new int[to];
        slots.clear();
        free.clear();
        for (int slot = to - 1; slot >= 0; slot--) {
            free.add(slot);
        }
    }

    int stride() {
        return stride;
    }

    CUdeviceptr address() {
        return rows.address();
    }

    /** Rows that were copied to the device so far. */
    long loads() {
        return loads;
    }

    boolean hasRoomFor(int more) {
        return free.size() >= more;
    }

    /** Makes room; nothing may be on its way. */
    void makeRoom(int more) {
        writeBack();
        if (more > capacity / 2) {
            grow(Math.toIntExact(Math.max(1024, 4L * Integer.highestOneBit(more))));
        }
        while (free.size() < Math.max(more, capacity / 2)) {
            for (int slot = 0; slot < capacity; slot++) {
                if (uses[slot] > 0) {
                    uses[slot] >>>= 1;
                    if (uses[slot] == 0) {
                        drop(keys[slot]);
                    }
                }
            }
        }
    }

    /** Forgets a key whose row is gone. */
    void drop(long key) {
        int slot = slots.remove(key);
        if (slot != MISSING) {
            uses[slot] = 0;
            free.add(slot);
        }
    }

    /** The slot of a key's row, or {@link #MISSING} when it must be loaded. */
    int find(long key, long row) {
        int slot = slots.get(key);
        if (slot == MISSING || isNewborn(slot, row)) {
            return MISSING;
        }
        loadedAt[slot] = writeBacks;
        uses[slot] = Math.min(uses[slot] + 2, Integer.MAX_VALUE - 2);
        return slot;
    }

    /** Written back, and yet nothing is there: removed meanwhile, and born again. */
    private boolean isNewborn(int slot, long row) {
        return loadedAt[slot] != writeBacks
                && table.getFloat(row, RowLayout.Z) == 0
                && table.getFloat(row, RowLayout.N) == 0;
    }

    /** A slot for a key's row, which the caller loads. */
    int load(long key) {
        int slot = slots.get(key);
        if (slot == MISSING) {
            slot = free.popInt();
            slots.put(key, slot);
            keys[slot] = key;
            uses[slot] = 2;
        }
        loadedAt[slot] = writeBacks;
        loads++;
        return slot;
    }

    /** The row in this slot has learned. */
    void learned(int slot) {
        if (!isDirty[slot]) {
            isDirty[slot] = true;
            dirty.add(slot);
        }
    }

    /** Writes all that has learned into the table, where it has rows for it. Nothing may be on its way. */
    void writeBack() {
        for (int from = 0; from < dirty.size(); from += CHUNK) {
            int count = Math.min(CHUNK, dirty.size() - from);
            fetch(from, count);
            for (int i = 0; i < count; i += ParameterTable.CHUNK) {
                store(from + i, i, Math.min(ParameterTable.CHUNK, count - i));
            }
        }
        dirty.forEach(slot -> isDirty[slot] = false);
        dirty.clear();
        writeBacks++;
    }

    private void fetch(int from, int count) {
        reserve(count);
        for (int i = 0; i < count; i++) {
            host.ints().put(i, dirty.getInt(from + i));
        }
        fetch(count);
    }

    private void reserve(int count) {
        host.reserve(count * (1 + stride));
        packed.reserve((long) count * (1 + stride));
    }

    /** The rows of the slots that stand in the host's buffer, in their place. */
    private void fetch(int count) {
        JCudaDriver.cuMemcpyHtoDAsync(packed.address(), host.pointer(), (long) count * Integer.BYTES, cuda.kernels);
        cuda.launchThreads(
                "store_rows", count * stride, count, stride, packed.address(), rows.address(), packed.at(count));
        JCudaDriver.cuMemcpyDtoHAsync(
                host.pointer(), packed.at(count), (long) count * stride * Float.BYTES, cuda.kernels);
        cuda.synchronize();
    }

    /** Waits for the kernels, and copies rows of some slots from the device. @param to [count, stride] */
    void read(int[] of, int count, float[] to) {
        reserve(count);
        host.ints().put(0, of, 0, count);
        fetch(count);
        host.floats().get(0, to, 0, count * stride);
    }

    /** Copies rows of some slots to the device; what is there now is lost. */
    void write(int[] of, int count, float[] from) {
        if (count == 0) {
            return;
        }
        reserve(count);
        host.ints().put(0, of, 0, count);
        host.floats().put(count, from, 0, count * stride);
        JCudaDriver.cuMemcpyHtoDAsync(
                packed.address(), host.pointer(), (long) count * (1 + stride) * Float.BYTES, cuda.kernels);
        cuda.launchThreads(
                "load_rows", count * stride, count, stride, packed.address(), packed.at(count), rows.address());
    }

    private void store(int from, int at, int count) {
        int known = 0;
        for (int i = 0; i < count; i++) {
            chunkKeys[i] = keys[dirty.getInt(from + i)];
        }
        table.findAll(chunkKeys, 0, count, chunkRows);
        int[] places = new int[count];
        for (int i = 0; i < count; i++) {
            if (chunkRows[i] != ParameterTable.MISSING && slots.get(chunkKeys[i]) == dirty.getInt(from + i)) {
                places[known] = at + i;
                chunkKeys[known++] = chunkKeys[i];
            }
        }
        // Found so, a cut in progress hears that they change.
        table.findOrInsertAll(chunkKeys, 0, known, chunkRows);
        for (int i = 0; i < known; i++) {
            int word = places[i] * stride;
            table.setFloat(chunkRows[i], RowLayout.Z, host.floats().get(word));
            table.setFloat(chunkRows[i], RowLayout.N, host.floats().get(word + 1));
            host.floats().get(word + 2, scratch, 0, tail);
            table.setFloats(chunkRows[i], table.layout().vector(), scratch, 0, tail);
        }
    }

    /** After everything was written back. */
    @Override
    public void close() {
        rows.close();
        packed.close();
        host.close();
        Arrays.fill(keys, 0);
    }
}
