package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.RowSink;
import dev.millrace.ps.parity.ParityDigest;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;

/** Rows of memory before those of disk, as they serve together. Belongs to the applying thread. */
record MergedRows(ParameterTable memory, RowStore disk, WeightReader reader) implements ParityDigest.ServingSource {
    @Override
    public void forEachRow(long from, long to, RowSink sink) {
        disk.forEach(from, to, (key, row) -> {
            if (memory.find(key) == ParameterTable.MISSING) {
                sink.row(key, row);
            }
        });
        float[] scratch = new float[1 + memory.layout().vectorFloats()];
        memory.forEachRow(from, to, row -> {
            memory.getFloats(row, RowLayout.WEIGHT, scratch, 0, scratch.length);
            if (!Delta.isTombstone(scratch[0])) {
                sink.row(memory.key(row), scratch);
            }
        });
    }

    @Override
    public float[] row(long key) {
        float[] row = new float[1 + memory.layout().vectorFloats()];
        reader.read(new long[] {key}, 1, row);
        return row;
    }
}
