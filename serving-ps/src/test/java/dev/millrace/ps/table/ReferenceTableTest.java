package dev.millrace.ps.table;

class ReferenceTableTest extends ParameterTableContract {
    @Override
    ParameterTable create(RowLayout layout, long maxRows) {
        return new ReferenceTable(layout, maxRows);
    }
}
