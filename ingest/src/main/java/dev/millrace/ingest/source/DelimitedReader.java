package dev.millrace.ingest.source;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** CSV and TSV, cell by cell where they stand. */
final class DelimitedReader extends TextReader {
    private static final byte QUOTE = '"';
    private static final long ENDS = ByteScan.eight(END);

    private final ColumnRoles roles;
    private final List<String> named;
    private final byte delimiter;
    private final long delimiters;
    private final boolean quoted;
    private ColumnRoles.Column[] columns = {};
    /** Attributes of the columns that are plain text; −1: of another. */
    private int[] plain = {};

    private byte[] unquoted = new byte[256];

    /** @param named the columns' names; empty: a header line tells them */
    DelimitedReader(
            DataFiles files, SampleRows rows, BadRows bad, ColumnRoles roles, List<String> named, SourceFormat format) {
        super(files, rows, bad);
        this.roles = roles;
        this.named = named;
        this.delimiter = (byte) (format == SourceFormat.TSV ? '\t' : ',');
        this.delimiters = ByteScan.eight(delimiter);
        this.quoted = format == SourceFormat.CSV;
    }

    @Override
    boolean hasHeader() {
        return named.isEmpty();
    }

    @Override
    void file(DataFiles from, DataFile next) throws IOException {
        List<String> names = named.isEmpty() ? header(from, next) : named;
        List<ColumnRoles.Column> found = new ArrayList<>();
        for (String name : names) {
            found.add(roles.of(name));
        }
        roles.check(found, next.name());
        columns = found.toArray(ColumnRoles.Column[]::new);
        plain = found.stream()
                .mapToInt(column -> column.isPlainText() ? column.attribute() : -1)
                .toArray();
    }

    private List<String> header(DataFiles from, DataFile file) throws IOException {
        byte[] bytes = new byte[(int) Math.min(file.bytes(), SourceConfig.MAX_LINE_BYTES)];
        int length = from.read(file, 0, bytes, 0, bytes.length);
        String text = new String(bytes, 0, length, StandardCharsets.UTF_8);
        String line = text.lines().findFirst().orElse("");
        if (line.startsWith("\uFEFF")) {
            line = line.substring(1);
        }
        return Arrays.stream(line.split(delimiter == ',' ? "," : "\t", -1))
                .map(String::strip)
                .map(cell -> quoted && cell.startsWith("\"") && cell.endsWith("\"") && cell.length() > 1
                        ? cell.substring(1, cell.length() - 1)
                        : cell)
                .toList();
    }

    @Override
    int row(byte[] in, int start) throws RowProblem {
        int at = start;
        ColumnRoles.Column[] all = columns;
        for (int c = 0; c < all.length; c++) {
            if (quoted && in[at] == QUOTE) {
                at = quotedCell(all[c], in, at + 1);
            } else {
                int from = at;
                at = ByteScan.either(in, at, delimiters, ENDS);
                int to = in[at] == END && at > from && in[at - 1] == '\r' ? at - 1 : at;
                if (plain[c] >= 0 && to > from) {
                    rows.plainText(plain[c], in, from, to);
                } else if (all[c].isUsed()) {
                    rows.cell(all[c], in, from, to);
                }
            }
            if (in[at] == END) {
                return ended(c, all.length, at, start);
            }
            at++;
        }
        throw new RowProblem("more than the " + all.length + " columns of its header");
    }

    private static int ended(int column, int columns, int at, int start) throws RowProblem {
        if (column < columns - 1 && at > start) {
            throw new RowProblem((column + 1) + " of " + columns + " columns");
        }
        return at + 1;
    }

    /** @return where the delimiter or END after the cell is */
    private int quotedCell(ColumnRoles.Column column, byte[] in, int start) throws RowProblem {
        int at = start;
        int length = 0;
        while (true) {
            if (in[at] == END) {
                throw new RowProblem("column '" + column.name() + "': a quote without its end in the line");
            }
            if (in[at] == QUOTE) {
                if (in[at + 1] != QUOTE) {
                    break;
                }
                at++;
            }
            if (length == unquoted.length) {
                unquoted = Arrays.copyOf(unquoted, 2 * length);
            }
            unquoted[length++] = in[at++];
        }
        at++;
        if (in[at] == '\r' && in[at + 1] == END) {
            at++;
        }
        if (in[at] != delimiter && in[at] != END) {
            throw new RowProblem("column '" + column.name() + "': text after the closing quote");
        }
        if (column.isUsed()) {
            rows.cell(column, unquoted, 0, length);
        }
        return at;
    }
}
