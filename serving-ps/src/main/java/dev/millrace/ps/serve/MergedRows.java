package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.parity.ParityDigest;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;

/** Rows of memory before those of disk, as they serve together. Belongs to the applying thread. */
record MergedRows(ParameterTable memory, RowStore disk, WeightReader reader) implements ParityDigest.ServingSource {
    @Override
    public void forEachRow(long from, long to, FtrlRows.Sink sink) {
        disk.forEach(from, to, (key, weight) -> {
            if (memory.find(key) == ParameterTable.MISSING) {
                sink.row(key, weight);
            }
        });
        memory.forEachRow(from, to, row -> {
            float weight = memory.getFloat(row, RowLayout.WEIGHT);
            if (!Delta.isTombstone(weight)) {
                sink.row(memory.key(row), weight);
            }
        });
    }

    @Override
    public float weight(long key) {
        float[] weight = new float[1];
        reader.read(new long[] {key}, 1, weight);
        return weight[0];
    }
}
