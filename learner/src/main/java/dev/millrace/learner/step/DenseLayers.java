package dev.millrace.learner.step;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.Network;
import dev.millrace.ps.network.NetworkModel;
import dev.millrace.ps.table.ParameterTable;

/**
 * The parameters of a network's layers while they are learned: one array beside the table, and rows of the table, cut as
 * long as an embedding, as of the last {@link #flush}. What the optimizer keeps has rows too, which do not serve. Belongs
 * to the thread that owns the table.
 */
public final class DenseLayers {
    private final ParameterTable table;
    private final VectorUpdate update;
    private final int dim;
    private final int rows;
    private final int stateRows;
    private final float[] values;
    private final float[] gradient;
    private final float[] state;
    private boolean changed;

    /** Takes the rows of the table, or draws the first ones where it has none. */
    public DenseLayers(NetworkModel network, Network spec, ParameterTable table) {
        update = new VectorUpdate(spec.dense());
        dim = spec.dim();
        this.table = table;
        rows = network.denseRows();
        values = network.initialLayers();
        gradient = new float[values.length];
        stateRows = rows == 0 ? 0 : Math.ceilDiv(update.stateFloats(values.length), dim);
        state = new float[stateRows * dim];
        if (rows > 0 && table.find(FeatureIds.dense(0)) != ParameterTable.MISSING) {
            for (int i = 0; i < rows; i++) {
                read(FeatureIds.dense(i), values, i);
            }
            for (int i = 0; i < stateRows; i++) {
                read(FeatureIds.denseState(0, i), state, i);
            }
        } else {
            changed = true;
        }
    }

    private void read(long key, float[] to, int i) {
        long row = table.find(key);
        if (row == ParameterTable.MISSING) {
            throw new IllegalStateException("the table lacks row " + i + " of the network's layers");
        }
        table.getFloats(row, table.layout().vector(), to, i * dim, dim);
    }

    public float[] values() {
        return values;
    }

    /** What the optimizer keeps, as {@link VectorUpdate} orders it. */
    public float[] state() {
        return state;
    }

    /** Says that values and state were written from outside. */
    public void changed() {
        changed = true;
    }

    /** To be filled with the gradient's sum. */
    public float[] gradient() {
        return gradient;
    }

    /** One step against the mean gradient of a minibatch. */
    public void step(int samples) {
        if (rows == 0 || samples == 0) {
            return;
        }
        float share = 1f / samples;
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] *= share;
        }
        changed |= update.step(values, 0, gradient, 0, values.length, 1, state, 0);
    }

    /** Writes what changed into the table, and says so. */
    public void flush(Step.Touched touched) {
        if (!changed) {
            return;
        }
        for (int i = 0; i < rows; i++) {
            write(FeatureIds.dense(i), values, i);
            touched.key(FeatureIds.dense(i));
        }
        for (int i = 0; i < stateRows; i++) {
            write(FeatureIds.denseState(0, i), state, i);
        }
        changed = false;
    }

    private void write(long key, float[] from, int i) {
        long row = table.findOrInsert(key);
        if (row == ParameterTable.MISSING) {
            throw new IllegalStateException("the table has no room for the network's layers, " + (rows + stateRows)
                    + " rows; raise policies.maxRows");
        }
        table.setFloats(row, table.layout().vector(), from, i * dim, dim);
    }
}
