package dev.millrace.ps.table;

class OffHeapTableTest extends ParameterTableContract {
    @Override
    ParameterTable create(RowLayout layout, long maxRows) {
        return new OffHeapTable(layout, maxRows);
    }
}
