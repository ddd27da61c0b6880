package dev.millrace.learner.step;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.network.Batch;
import dev.millrace.ps.network.Fields;
import dev.millrace.ps.network.NetworkModel;
import dev.millrace.ps.table.ParameterTable;
import java.util.Arrays;

/** What a training table's rows say of a sample, which changes nothing. Belongs to the thread that owns the table. */
public final class Predictor {
    private final ParameterTable table;
    private final LinearModel inputs;
    private final NumberRows numbers;
    private final FtrlRows weights;
    private final NetworkModel network;
    private final Batch batch;
    private final int dim;
    private final float[] row;
    private final float[] dense;

    /**
     * @param table of the spec's training layout
     * @param life of its rows
     */
    public Predictor(ModelSpec spec, ParameterTable table, RowLife life) {
        this.table = table;
        inputs = new LinearModel(spec);
        numbers = new NumberRows(spec, table, life);
        weights = new FtrlRows(spec);
        network = new NetworkModel(spec);
        batch = network.newBatch();
        dim = spec.network().dim();
        row = new float[1 + dim];
        dense = network.initialLayers();
    }

    /** Takes the layers that the table has, of a network that has some. After {@link Step#flush}. */
    public void begin() {
        for (int i = 0; i < network.denseRows(); i++) {
            long at = table.find(FeatureIds.dense(i));
            if (at != ParameterTable.MISSING) {
                table.getFloats(at, table.layout().vector(), dense, i * dim, dim);
            }
        }
    }

    /** A probability, or a value; of a model with heads, the first one's. */
    public float predict(SampleBlock block, int sample) {
        batch.begin(1);
        for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
            long id = block.featureId(f);
            int field = network.fields().of(id);
            long at = table.find(id);
            if (at == ParameterTable.MISSING) {
                continue;
            }
            row[0] = weights.weight(table, id, at);
            if (field == Fields.WIDE_ONLY) {
                Arrays.fill(row, 1, row.length, 0f);
            } else {
                table.getFloats(at, table.layout().vector(), row, 1, dim);
            }
            batch.add(0, field, inputs.input(id, block.featureValue(f), numbers::weight), row, 0);
        }
        network.forward(batch, dense);
        return inputs.output(batch.output(0));
    }
}
