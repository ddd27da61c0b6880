package dev.millrace.ingest.source;

/**
 * Vowpal Wabbit's text, line by line: {@code label [importance] [tag]|namespace feature[:value] … |namespace …}. A
 * namespace is a column. A slot of numbers takes the value, others the feature's name; a label of −1 is 0.
 */
final class VwReader extends TextReader {
    private final NameTree names;
    private final NameTree.Node root;

    VwReader(DataFiles files, SampleRows rows, BadRows bad, ColumnRoles roles) {
        super(files, rows, bad);
        names = new NameTree(roles);
        root = names.root();
    }

    @Override
    int row(byte[] in, int start) throws RowProblem {
        int at = head(in, start);
        root.begin();
        while (in[at] == '|') {
            int from = ++at;
            NameTree.Node namespace = names.expected(root, ByteScan.eightAt(in, at));
            if (namespace != null) {
                at = namespace(namespace, in, at + namespace.length());
                continue;
            }
            at = ByteScan.endOfWord(in, at);
            namespace = names.child(root, in, from, at);
            while (in[at] != ' ' && in[at] != '|' && in[at] != END) {
                // A weight of the namespace: not kept.
                at++;
            }
            at = features(namespace.column, in, at);
        }
        if (in[at] != END) {
            throw new RowProblem("a '|' is missing before its features");
        }
        return at + 1;
    }

    /** Label, importance, tag; @return where the first '|' or END is */
    private int head(byte[] in, int start) throws RowProblem {
        int at = start;
        for (int part = 0; in[at] != '|' && in[at] != END; part++) {
            int from = at;
            // The label and its like are short.
            while ((in[at] & 0xFF) > ' ' && in[at] != '|') {
                at++;
            }
            // What touches the bar is a tag.
            if (at > from && in[at] != '|' && in[from] != '\'') {
                double value = Numbers.parse(in, from, at);
                if (part == 0) {
                    rows.label(value == -1 ? 0 : (float) value);
                } else {
                    rows.weight((float) value);
                }
            }
            while (in[at] == ' ' || in[at] == '\t' || in[at] == '\r') {
                at++;
            }
            if (at == from) {
                throw new RowProblem("a control character before its features");
            }
        }
        return at;
    }

    /** The usual: one feature, and the next namespace behind one blank. */
    private int namespace(NameTree.Node name, byte[] in, int start) throws RowProblem {
        if (name.plainText) {
            int end = ByteScan.endOfWord(in, start);
            if (end > start && isLast(in, end)) {
                rows.plainText(name.attribute, in, start, end);
                return in[end] == END ? end : end + 1;
            }
        } else if (name.plainNumber) {
            int from = start + name.usual(ByteScan.eightAt(in, start));
            long digits = from > start ? ByteScan.eightAt(in, from) : 0;
            int length = ByteScan.beforeBlank(digits);
            if (length > 0 && length < Long.BYTES && isLast(in, from + length)) {
                double value = Numbers.eight(digits, length);
                if (!Double.isNaN(value)) {
                    rows.plainNumber(name.attribute, value);
                    int end = from + length;
                    return in[end] == END ? end : end + 1;
                }
            }
            int word = ByteScan.endOfWord(in, start) + 1 - start;
            if (in[start + word - 1] == ':' && word < Long.BYTES) {
                name.expect(ByteScan.eightAt(in, start), word);
            }
        }
        return features(name.column, in, start);
    }

    private static boolean isLast(byte[] in, int end) {
        return in[end] == END || (in[end] == ' ' && in[end + 1] == '|');
    }

    private int features(ColumnRoles.Column column, byte[] in, int start) throws RowProblem {
        int at = start;
        while (true) {
            while (in[at] == ' ' || in[at] == '\t' || in[at] == '\r') {
                at++;
            }
            if (in[at] == '|' || in[at] == END) {
                return at;
            }
            int from = at;
            int colon = -1;
            at = ByteScan.endOfWord(in, at);
            while (in[at] == ':') {
                colon = at;
                at = ByteScan.endOfWord(in, at + 1);
            }
            if (at == from) {
                throw new RowProblem("a control character among its features");
            }
            if (column.number()) {
                rows.cell(column, in, colon < 0 ? from : colon + 1, at);
            } else if (column.text()) {
                rows.string(column, in, from, colon < 0 ? at : colon);
            }
        }
    }
}
