package dev.millrace.learner.step;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.network.Fields;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The rows of one minibatch: pulled from the table into an array that the samples read, [keys, 1 + dim], with the
 * gradients that they leave, and pushed back by one step each. Keys that are not admitted yet weigh 0 and learn nothing.
 * Belongs to the thread that owns the table.
 */
final class BatchRows implements YoungRows.Keys {
    private final ParameterTable table;
    private final RowLife life;
    private final NetworkRows network;
    private final KeyGradients of;
    private final int dim;
    private final int width;
    private final @Nullable YoungRows young;

    private final MergedKeys keys = new MergedKeys();
    private final long[] chunk = new long[ParameterTable.CHUNK];
    private final int[] chunkOccurrences = new int[ParameterTable.CHUNK];
    private final long[] chunkRows = new long[ParameterTable.CHUNK];
    private final float[] folded;
    private boolean[] embedded = {};
    private long[] rows = {};
    /** Of no meaning: the compiler must not leave the loads out. */
    @SuppressWarnings("UnusedVariable")
    private float touched;

    /** @param young rows to be folded in; null: none */
    BatchRows(ModelSpec spec, ParameterTable table, RowLife life, @Nullable YoungRows young) {
        this.table = table;
        this.young = young;
        this.life = life;
        network = new NetworkRows(spec, table);
        dim = spec.network().dim();
        width = 1 + dim;
        of = new KeyGradients(dim);
        folded = new float[dim];
    }

    void begin() {
        keys.clear();
    }

    /** The key's number in this minibatch. */
    int add(long key, int field) {
        int number = keys.add(key);
        if (number >= embedded.length) {
            embedded = Arrays.copyOf(embedded, Math.max(1024, 2 * number));
        }
        embedded[number] = field != Fields.WIDE_ONLY;
        return number;
    }

    /** Rows and vectors of all keys; those whose time it is are born. */
    void pull() {
        int n = keys.size();
        of.begin(n);
        if (rows.length < n) {
            rows = new long[Math.max(1024, Integer.highestOneBit(n) * 2)];
        }
        long before = table.size();
        for (int from = 0; from < n; from += ParameterTable.CHUNK) {
            int count = Math.min(ParameterTable.CHUNK, n - from);
            System.arraycopy(keys.keys(), from, chunk, 0, count);
            System.arraycopy(keys.occurrences(), from, chunkOccurrences, 0, count);
            life.rowsFor(chunk, chunkOccurrences, count, chunkRows);
            System.arraycopy(chunkRows, 0, rows, from, count);
        }
        if (table.size() != before) {
            // Those of earlier chunks may have moved.
            find(n);
        }
        for (int i = 0; i < n; i++) {
            if (i % ParameterTable.CHUNK == 0) {
                touch(i, Math.min(n, i + ParameterTable.CHUNK));
            }
            boolean drawn = network.read(keys.key(i), rows[i], embedded[i], of.values, i * width);
            if (drawn && young != null) {
                young.born(keys.key(i));
            }
        }
    }

    private void find(int n) {
        for (int from = 0; from < n; from += ParameterTable.CHUNK) {
            int count = Math.min(ParameterTable.CHUNK, n - from);
            table.findAll(keys.keys(), from, count, chunkRows);
            System.arraycopy(chunkRows, 0, rows, from, count);
        }
    }

    /** Loads the lines of rows, so that their misses overlap. */
    private void touch(int from, int to) {
        int last = table.layout().stride() - Float.BYTES;
        float sum = 0;
        for (int i = from; i < to; i++) {
            if (rows[i] != ParameterTable.MISSING) {
                sum += table.getFloat(rows[i], RowLayout.Z) + table.getFloat(rows[i], last);
            }
        }
        touched += sum;
    }

    @Override
    public long key(int number) {
        return keys.key(number);
    }

    @Override
    public boolean isEmbedded(int number) {
        return embedded[number];
    }

    /** Their values, and the gradients that samples leave. */
    KeyGradients keys() {
        return of;
    }

    @Override
    public float[] values() {
        return of.values;
    }

    /** One step of each row; those that would not be finite stay as they were. */
    void push(Step.Touched told) {
        for (int i = 0; i < keys.size(); i++) {
            if (i % ParameterTable.CHUNK == 0) {
                touch(i, Math.min(keys.size(), i + ParameterTable.CHUNK));
            }
            if (rows[i] == ParameterTable.MISSING || of.samples[i] == 0 || !step(i)) {
                continue;
            }
            if (embedded[i]) {
                fold(i);
            }
            life.learned(rows[i], of.samples[i], of.idSums[i], of.seconds[i]);
            told.key(keys.key(i));
        }
    }

    private boolean step(int i) {
        return network.step(
                rows[i],
                embedded[i],
                of.sums[i],
                of.squares[i],
                of.samples[i],
                of.values,
                i * width + 1,
                of.gradients,
                i * dim);
    }

    /** The solution in place of the step, where the row is young. */
    private void fold(int i) {
        if (young != null && young.solve(keys.key(i), network.weight(keys.key(i), rows[i]), folded)) {
            network.write(rows[i], folded, 0);
        }
    }
}
