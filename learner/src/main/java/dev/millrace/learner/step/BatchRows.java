package dev.millrace.learner.step;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.network.Draw;
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
final class BatchRows {
    private final ParameterTable table;
    private final RowLife life;
    private final FtrlRows weights;
    private final FtrlBatch ftrl;
    private final VectorUpdate update;
    private final int dim;
    private final int width;
    private final int stateFloats;
    private final double deviation;
    private final long seed;
    private final @Nullable YoungRows young;

    private final MergedKeys keys = new MergedKeys();
    private final long[] chunk = new long[ParameterTable.CHUNK];
    private final int[] chunkOccurrences = new int[ParameterTable.CHUNK];
    private final long[] chunkRows = new long[ParameterTable.CHUNK];
    private final float[] state;
    private final float[] folded;
    private boolean[] embedded = {};
    private long[] rows = {};
    private float[] values = {};
    private float[] gradients = {};
    private float[] sums = {};
    private float[] squares = {};
    private long[] idSums = {};
    private int[] samples = {};
    private int[] seconds = {};
    /** Of no meaning: the compiler must not leave the loads out. */
    @SuppressWarnings("UnusedVariable")
    private float touched;

    /** @param young rows to be folded in; null: none */
    BatchRows(ModelSpec spec, ParameterTable table, RowLife life, @Nullable YoungRows young) {
        this.table = table;
        this.young = young;
        this.life = life;
        weights = new FtrlRows(spec);
        ftrl = new FtrlBatch(table, spec.optimizer());
        update = new VectorUpdate(spec.network().embeddings());
        dim = spec.network().dim();
        width = 1 + dim;
        stateFloats = update.stateFloats(dim);
        state = new float[stateFloats];
        folded = new float[dim];
        deviation = spec.network().initial();
        seed = spec.network().seed();
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
        reserve(n);
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
            read(i);
        }
        Arrays.fill(gradients, 0, n * dim, 0f);
        Arrays.fill(sums, 0, n, 0f);
        Arrays.fill(squares, 0, n, 0f);
        Arrays.fill(idSums, 0, n, 0);
        Arrays.fill(samples, 0, n, 0);
        Arrays.fill(seconds, 0, n, 0);
    }

    private void reserve(int n) {
        if (rows.length < n) {
            int room = Math.max(1024, Integer.highestOneBit(n) * 2);
            rows = new long[room];
            values = new float[room * width];
            gradients = new float[room * dim];
            sums = new float[room];
            squares = new float[room];
            idSums = new long[room];
            samples = new int[room];
            seconds = new int[room];
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

    private void read(int i) {
        int at = i * width;
        if (rows[i] == ParameterTable.MISSING) {
            Arrays.fill(values, at, at + width, 0f);
            return;
        }
        values[at] = weights.weight(table, keys.key(i), rows[i]);
        if (!embedded[i]) {
            Arrays.fill(values, at + 1, at + width, 0f);
            return;
        }
        table.getFloats(rows[i], table.layout().vector(), values, at + 1, dim);
        if (values[at + 1] == 0f) {
            // A row is born with zeros, and nothing else makes the first of an embedding 0.
            if (young != null) {
                young.born(keys.key(i));
            }
            Draw.embedding(keys.key(i), seed, deviation, values, at + 1, dim);
        }
    }

    long key(int number) {
        return keys.key(number);
    }

    boolean isEmbedded(int number) {
        return embedded[number];
    }

    /** Weight and vector of each key, by its number: row n begins at n·(1 + dim). */
    float[] values() {
        return values;
    }

    /** A sample's gradient of a key's weight. */
    void learn(int number, float gradient, long sampleId, int second) {
        sums[number] += gradient;
        squares[number] = Math.fma(gradient, gradient, squares[number]);
        idSums[number] += sampleId;
        samples[number]++;
        seconds[number] = Integer.compareUnsigned(seconds[number], second) < 0 ? second : seconds[number];
    }

    /** {@code x · from[at ..] + own · v} to the gradient of a key's vector v. */
    void addGradient(int number, float x, float[] from, int at, float own) {
        int to = number * dim;
        int vector = number * width + 1;
        for (int f = 0; f < dim; f++) {
            gradients[to + f] = Math.fma(x, from[at + f], Math.fma(own, values[vector + f], gradients[to + f]));
        }
    }

    /** One step of each row; those that would not be finite stay as they were. */
    void push(Step.Touched touched) {
        int vector = table.layout().vector();
        int optimizer = table.layout().optimizer();
        for (int i = 0; i < keys.size(); i++) {
            if (i % ParameterTable.CHUNK == 0) {
                touch(i, Math.min(keys.size(), i + ParameterTable.CHUNK));
            }
            long row = rows[i];
            if (row == ParameterTable.MISSING || samples[i] == 0 || !ftrl.step(row, sums[i], squares[i])) {
                continue;
            }
            if (embedded[i]) {
                table.getFloats(row, optimizer, state, 0, stateFloats);
                if (update.step(values, i * width + 1, gradients, i * dim, dim, samples[i], state, 0)) {
                    table.setFloats(row, optimizer, state, 0, stateFloats);
                }
                fold(i);
                table.setFloats(row, vector, values, i * width + 1, dim);
            }
            life.learned(row, samples[i], idSums[i], seconds[i]);
            touched.key(keys.key(i));
        }
    }

    /** The solution in place of the step, where the row is young. */
    private void fold(int i) {
        if (young != null && young.solve(keys.key(i), weights.weight(table, keys.key(i), rows[i]), folded)) {
            System.arraycopy(folded, 0, values, i * width + 1, dim);
        }
    }
}
