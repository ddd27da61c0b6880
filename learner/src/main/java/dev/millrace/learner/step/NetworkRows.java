package dev.millrace.learner.step;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.network.Draw;
import dev.millrace.ps.table.ParameterTable;
import java.util.Arrays;

/**
 * Training rows of a model with embeddings: what a minibatch reads of one, and the one step that it does to it, FTRL's to
 * the weight and the embeddings' optimizer's to the vector. Belongs to the thread that owns the table.
 */
public final class NetworkRows {
    private final ParameterTable table;
    private final FtrlRows weights;
    private final FtrlBatch ftrl;
    private final VectorUpdate update;
    private final int dim;
    private final int vector;
    private final int optimizer;
    private final float[] state;
    private final double deviation;
    private final long seed;

    public NetworkRows(ModelSpec spec, ParameterTable table) {
        this.table = table;
        weights = new FtrlRows(spec);
        ftrl = new FtrlBatch(table, spec.optimizer());
        update = new VectorUpdate(spec.network().embeddings());
        dim = spec.network().dim();
        vector = table.layout().vector();
        optimizer = table.layout().optimizer();
        state = new float[update.stateFloats(dim)];
        deviation = spec.network().initial();
        seed = spec.network().seed();
    }

    /**
     * Reads weight and vector; zeros of a row that is not there, and for the vector of a key without an embedding.
     *
     * @param to receives 1 + dim floats at {@code at}
     * @return whether the vector is a first draw: the row has none yet
     */
    public boolean read(long key, long row, boolean embedded, float[] to, int at) {
        if (row == ParameterTable.MISSING) {
            Arrays.fill(to, at, at + 1 + dim, 0f);
            return false;
        }
        to[at] = weights.weight(table, key, row);
        if (!embedded) {
            Arrays.fill(to, at + 1, at + 1 + dim, 0f);
            return false;
        }
        table.getFloats(row, vector, to, at + 1, dim);
        if (to[at + 1] != 0f) {
            return false;
        }
        // A row is born with zeros, and nothing else makes the first of an embedding 0.
        draw(key, to, at + 1);
        return true;
    }

    /** The embedding that a key begins with. */
    public void draw(long key, float[] to, int at) {
        Draw.embedding(key, seed, deviation, to, at, dim);
    }

    /** What a row weighs without its vector. */
    float weight(long key, long row) {
        return weights.weight(table, key, row);
    }

    /**
     * One step of a row.
     *
     * @param sum Σg of its weight
     * @param squares Σg²
     * @param samples that they are of
     * @param values its vector, from {@code at} on, which is changed; of a key with an embedding
     * @param gradients Σg of the vector from {@code gAt} on; changed
     * @return false, and the row as it was, where the weight would not be finite
     */
    public boolean step(
            long row,
            boolean embedded,
            float sum,
            float squares,
            int samples,
            float[] values,
            int at,
            float[] gradients,
            int gAt) {
        if (!ftrl.step(row, sum, squares)) {
            return false;
        }
        if (embedded) {
            table.getFloats(row, optimizer, state, 0, state.length);
            if (update.step(values, at, gradients, gAt, dim, samples, state, 0)) {
                table.setFloats(row, optimizer, state, 0, state.length);
            }
            write(row, values, at);
        }
        return true;
    }

    /** Its vector. */
    void write(long row, float[] values, int at) {
        table.setFloats(row, vector, values, at, dim);
    }
}
