package dev.millrace.learner.remote.push;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.DenseLayers;
import dev.millrace.learner.step.NetworkRows;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.network.Fields;
import dev.millrace.ps.network.NetworkModel;
import dev.millrace.ps.table.ParameterTable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The shard's half of a network: rows with vectors, and, in the one shard that has them, the layers. Belongs to the shard's
 * owner.
 */
final class PushedNetwork {
    private final ParameterTable table;
    private final ShardState state;
    private final NetworkRows rows;
    private final Fields fields;
    private final int dim;
    private final float[] values;
    private final float[] gradient;
    private final @Nullable DenseLayers layers;

    PushedNetwork(ShardState state, Routes routes) {
        ModelSpec spec = state.spec();
        NetworkModel network = new NetworkModel(spec);
        this.state = state;
        table = state.table();
        rows = new NetworkRows(spec, table);
        fields = network.fields();
        dim = spec.network().dim();
        values = new float[1 + dim];
        gradient = new float[dim];
        boolean owns =
                network.denseRows() > 0 && routes.layersShard() == state.id().shard();
        layers = owns ? new DenseLayers(network, spec.network(), table) : null;
    }

    boolean isEmbedded(long key) {
        return fields.of(key) != Fields.WIDE_ONLY;
    }

    int dim() {
        return dim;
    }

    /** Floats of the layers that are here. */
    int layerFloats() {
        return layers == null ? 0 : layers.values().length;
    }

    /** The vector of a key with an embedding; of one without a row that which it gets with this push, zeros if it gets none. */
    void pull(long key, ByteBuffer target) {
        long row = table.find(key);
        if (row != ParameterTable.MISSING) {
            var unused = rows.read(key, row, true, values, 0);
        } else if (state.life().admitsNext(key)) {
            rows.draw(key, values, 1);
        } else {
            Arrays.fill(values, 0f);
        }
        for (int f = 1; f <= dim; f++) {
            target.putFloat(values[f]);
        }
    }

    void pullLayers(ByteBuffer target) {
        if (layers != null) {
            target.asFloatBuffer().put(layers.values());
            target.position(target.position() + layerFloats() * Float.BYTES);
        }
    }

    /** @return false: the row stays as it was */
    boolean step(Push push, int i, long row) {
        boolean embedded = i < push.embeddedRows();
        if (embedded) {
            var unused = rows.read(push.key(i), row, true, values, 0);
            push.gradient(i, dim, gradient);
        }
        return rows.step(row, embedded, push.first(i), push.second(i), push.count(i), values, 1, gradient, 0);
    }

    /** @throws IllegalArgumentException when a push is not of this model, or has layers that are elsewhere */
    void check(Push push) {
        boolean layersFit = push.layerFloats() == 0 || push.layerFloats() == layerFloats();
        if (!layersFit || !push.hasVectorsOf(dim)) {
            throw new IllegalArgumentException("push: " + push.embeddedRows() + " vectors and " + push.layerFloats()
                    + " floats of layers do not fit vectors of " + dim + " and layers of " + layerFloats());
        }
    }

    void layers(Push push) {
        if (layers != null && push.layerFloats() > 0) {
            push.layerGradient(layers.gradient());
            layers.step(push.samples());
        }
    }

    /** Writes the layers into the table, and has them travel. */
    void flush() {
        if (layers != null) {
            layers.flush(state::touch);
        }
    }
}
