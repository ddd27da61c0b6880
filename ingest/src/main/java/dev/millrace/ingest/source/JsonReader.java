package dev.millrace.ingest.source;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** JSON lines: an object a line, read in place. Names of nested objects are joined by dots; an array is several values. */
final class JsonReader extends TextReader {
    private static final int MAX_DEPTH = 16;

    private final NameTree names;
    private final NameTree.Node root;
    private byte[] text = new byte[256];
    /** Of the last string: where it stands, here or in {@link #text}. */
    private byte[] stringIn = text;

    private int stringFrom;
    private int stringTo;

    JsonReader(DataFiles files, SampleRows rows, BadRows bad, ColumnRoles roles) {
        super(files, rows, bad);
        names = new NameTree(roles);
        root = names.root();
    }

    @Override
    int row(byte[] in, int start) throws RowProblem {
        int at = space(in, start);
        if (in[at] == END) {
            throw new RowProblem("empty");
        }
        at = space(in, value(in, at, root, 0));
        if (in[at] != END) {
            throw unexpected(in, at, "a line holds one object");
        }
        return at + 1;
    }

    private static int space(byte[] in, int start) {
        int at = start;
        while (in[at] == ' ' || in[at] == '\t' || in[at] == '\r') {
            at++;
        }
        return at;
    }

    private int value(byte[] in, int at, NameTree.Node node, int depth) throws RowProblem {
        if (depth > MAX_DEPTH) {
            throw new RowProblem("nested deeper than " + MAX_DEPTH);
        }
        switch (in[at]) {
            case '{':
                return object(in, at + 1, node, depth);
            case '[':
                return array(in, at + 1, node, depth);
            case '"':
                int after = string(in, at + 1);
                if (node.column.isUsed()) {
                    rows.string(node.column, stringIn, stringFrom, stringTo);
                }
                return after;
            case 't':
                return word(in, at, "true", node, 1.0);
            case 'f':
                return word(in, at, "false", node, 0.0);
            case 'n':
                return word(in, at, "null", node, null);
            default:
                return number(in, at, node);
        }
    }

    private int object(byte[] in, int start, NameTree.Node node, int depth) throws RowProblem {
        if (depth == 0 != (node == root)) {
            throw unexpected(in, start - 1, "an object without a name");
        }
        node.begin();
        int at = space(in, start);
        if (in[at] == '}') {
            return at + 1;
        }
        while (true) {
            if (in[at] != '"') {
                throw unexpected(in, at, "a name in quotes is expected");
            }
            at = space(in, string(in, at + 1));
            NameTree.Node child = names.child(node, stringIn, stringFrom, stringTo);
            if (in[at] != ':') {
                throw unexpected(in, at, "':' is expected");
            }
            at = space(in, value(in, space(in, at + 1), child, depth + 1));
            if (in[at] == '}') {
                return at + 1;
            }
            if (in[at] != ',') {
                throw unexpected(in, at, "',' or '}' is expected");
            }
            at = space(in, at + 1);
        }
    }

    private int array(byte[] in, int start, NameTree.Node node, int depth) throws RowProblem {
        int at = space(in, start);
        if (in[at] == ']') {
            return at + 1;
        }
        while (true) {
            at = space(in, value(in, at, node, depth + 1));
            if (in[at] == ']') {
                return at + 1;
            }
            if (in[at] != ',') {
                throw unexpected(in, at, "',' or ']' is expected");
            }
            at = space(in, at + 1);
        }
    }

    private int word(byte[] in, int start, String word, NameTree.Node node, @Nullable Double value) throws RowProblem {
        for (int i = 0; i < word.length(); i++) {
            if (in[start + i] != word.charAt(i)) {
                throw unexpected(in, start, word + " is expected");
            }
        }
        if (value != null && node.column.isUsed()) {
            rows.numeric(node.column, value);
        }
        return start + word.length();
    }

    private int number(byte[] in, int start, NameTree.Node node) throws RowProblem {
        int at = start;
        while ((in[at] >= '0' && in[at] <= '9')
                || in[at] == '-'
                || in[at] == '+'
                || in[at] == '.'
                || in[at] == 'e'
                || in[at] == 'E') {
            at++;
        }
        double value = Numbers.parse(in, start, at);
        if (Double.isNaN(value)) {
            throw unexpected(in, start, "a value is expected");
        }
        if (node.column.isUsed()) {
            rows.numeric(node.column, value);
        }
        return at;
    }

    /** @return one beyond the closing quote; the string is where {@code stringIn} says */
    private int string(byte[] in, int start) throws RowProblem {
        int at = start;
        while (in[at] != '"' && in[at] != '\\' && in[at] != END) {
            at++;
        }
        if (in[at] == '"') {
            stringIn = in;
            stringFrom = start;
            stringTo = at;
            return at + 1;
        }
        return escaped(in, start, at);
    }

    private int escaped(byte[] in, int start, int firstEscape) throws RowProblem {
        int length = firstEscape - start;
        room(length + 4);
        System.arraycopy(in, start, text, 0, length);
        int at = firstEscape;
        while (in[at] != '"') {
            room(length + 4);
            if (in[at] == END) {
                throw new RowProblem("a quote without its end in the line");
            }
            if (in[at] != '\\') {
                text[length++] = in[at++];
                continue;
            }
            int code = in[at + 1] == 'u' ? hex(in, at + 2) : simple(in, at + 1);
            at += in[at + 1] == 'u' ? 6 : 2;
            if (Character.isHighSurrogate((char) code) && in[at] == '\\' && in[at + 1] == 'u') {
                code = Character.toCodePoint((char) code, (char) hex(in, at + 2));
                at += 6;
            }
            length = utf8(code, length);
        }
        stringIn = text;
        stringFrom = 0;
        stringTo = length;
        return at + 1;
    }

    private void room(int length) {
        if (length > text.length) {
            text = Arrays.copyOf(text, 2 * length);
        }
    }

    private static int simple(byte[] in, int at) throws RowProblem {
        return switch (in[at]) {
            case '"', '\\', '/' -> in[at];
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> throw unexpected(in, at, "no such escape");
        };
    }

    private static int hex(byte[] in, int at) throws RowProblem {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(in[at + i], 16);
            if (digit < 0) {
                throw unexpected(in, at, "four hexadecimal digits are expected");
            }
            code = code * 16 + digit;
        }
        return code;
    }

    private int utf8(int code, int length) {
        int at = length;
        if (code < 0x80) {
            text[at++] = (byte) code;
        } else if (code < 0x800) {
            text[at++] = (byte) (0xC0 | (code >> 6));
            text[at++] = sixBits(code);
        } else if (code >= 0xD800 && code < 0xE000) {
            // Half a pair is no character; as Java encodes it.
            text[at++] = '?';
        } else if (code < 0x10000) {
            text[at++] = (byte) (0xE0 | (code >> 12));
            text[at++] = sixBits(code >> 6);
            text[at++] = sixBits(code);
        } else {
            text[at++] = (byte) (0xF0 | (code >> 18));
            text[at++] = sixBits(code >> 12);
            text[at++] = sixBits(code >> 6);
            text[at++] = sixBits(code);
        }
        return at;
    }

    private static byte sixBits(int code) {
        return (byte) (0x80 | (code & 0x3F));
    }

    private static RowProblem unexpected(byte[] in, int at, String what) {
        return new RowProblem(
                "'" + (in[at] == END ? "end of line" : String.valueOf((char) (in[at] & 0xFF))) + "': " + what);
    }
}
