package dev.millrace.ingest.source;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads Parquet's row groups, of which it holds one: the columns that the model reads, decoded. A list of texts is several
 * values of its row.
 */
final class ParquetReader implements SplitReader {
    private static final int BLOCK_ROWS = 2048;
    private static final int MAX_CHUNK = 1 << 30;

    private final DataFiles files;
    private final SampleRows rows;
    private final BadRows bad;
    private final ColumnRoles roles;
    private final Map<String, ParquetFile> footers;
    private final List<ColumnRoles.Column> columns = new ArrayList<>();
    private final List<ParquetValues> values = new ArrayList<>();
    private int[] at = new int[0];
    private @Nullable DataFile file;
    private long fileHash;
    private long nextRow;
    private long endRow;

    /** @param footers of all files, by name */
    ParquetReader(DataFiles files, SampleRows rows, BadRows bad, ColumnRoles roles, Map<String, ParquetFile> footers) {
        this.files = files;
        this.rows = rows;
        this.bad = bad;
        this.roles = roles;
        this.footers = Map.copyOf(footers);
    }

    @Override
    public void open(Split split) throws IOException {
        ParquetFile footer = footers.get(split.file().name());
        if (footer == null) {
            throw new IllegalArgumentException(split + " is of another source");
        }
        file = split.file();
        fileHash = FeatureIds.hash(split.file().name(), 0);
        for (ParquetFile.Group group : footer.groups()) {
            if (group.from() == split.from()) {
                load(split.file(), footer, group);
                return;
            }
        }
        throw new IllegalArgumentException(split + " is no row group");
    }

    private void load(DataFile from, ParquetFile footer, ParquetFile.Group group) throws IOException {
        columns.clear();
        values.clear();
        List<ColumnRoles.Column> all =
                footer.columns().stream().map(leaf -> roles.of(leaf.name())).toList();
        roles.check(all, from.name());
        for (int c = 0; c < all.size(); c++) {
            ParquetFile.Chunk chunk = group.chunks().get(c);
            if (!all.get(c).isUsed()) {
                continue;
            }
            if (chunk.bytes() < 0
                    || chunk.bytes() > MAX_CHUNK
                    || chunk.offset() < 0
                    || chunk.offset() > from.bytes() - chunk.bytes()) {
                throw BlockFile.damaged(from, "a column of " + chunk.bytes() + " bytes in one row group");
            }
            byte[] bytes = new byte[(int) chunk.bytes()];
            if (files.read(from, chunk.offset(), bytes, 0, bytes.length) != bytes.length) {
                throw BlockFile.damaged(from, "ends too early");
            }
            String name = footer.columns().get(c).name();
            try {
                values.add(new ParquetValues(footer.columns().get(c), chunk, bytes));
            } catch (IllegalArgumentException
                    | BufferUnderflowException
                    | IndexOutOfBoundsException
                    | NegativeArraySizeException
                    | ArithmeticException e) {
                throw new DataException(from.name() + ", column '" + name + "': " + e.getMessage(), e);
            }
            columns.add(all.get(c));
        }
        at = new int[columns.size()];
        nextRow = group.firstRow();
        endRow = group.firstRow() + group.rows();
    }

    @Override
    public @Nullable SampleBlock next() throws IOException {
        DataFile open = file;
        if (open == null || nextRow == endRow) {
            return null;
        }
        for (int n = 0; n < BLOCK_ROWS && nextRow < endRow; n++, nextRow++) {
            rows.begin();
            try {
                RowProblem problem = null;
                for (int c = 0; c < at.length; c++) {
                    RowProblem of = cells(c);
                    problem = problem == null ? of : problem;
                }
                if (problem != null) {
                    throw problem;
                }
                rows.end(fileHash, nextRow);
            } catch (RowProblem e) {
                bad.add(open, nextRow, e);
            }
        }
        return rows.block();
    }

    /** Gives the row's values of a column, and goes on to the next row's; @return what is wrong with them, or null */
    private @Nullable RowProblem cells(int c) {
        ParquetValues all = values.get(c);
        RowProblem problem = null;
        int entry = at[c];
        do {
            if (entry < all.entries() && all.isThere(entry)) {
                try {
                    cell(columns.get(c), all, entry);
                } catch (RowProblem e) {
                    problem = e;
                }
            }
            entry++;
        } while (entry < all.entries() && all.continues(entry));
        at[c] = entry;
        return problem;
    }

    private void cell(ColumnRoles.Column column, ParquetValues all, int entry) throws RowProblem {
        if (!all.isText()) {
            rows.numeric(column, all.number(entry));
        } else if (all.isRepeated()) {
            rows.string(column, all.bytes(), all.start(entry), all.end(entry));
        } else if (all.start(entry) < all.end(entry)) {
            rows.cell(column, all.bytes(), all.start(entry), all.end(entry));
        }
    }
}
