package dev.millrace.ingest.source;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names of a document's fields, found by their bytes; those of nested objects below. One thread. */
final class NameTree {
    /** Other names than these are left out: a document may use values as names. */
    private static final int MOST = 10_000;

    private final ColumnRoles roles;
    private int size;

    /** A name, and the names within its object. */
    static final class Node {
        private final byte[] name;
        /** The name and a blank behind it, as a little-endian word; 0 where that does not fit. */
        private final long word;

        private final long mask;
        private final String path;
        final ColumnRoles.Column column;
        private final List<Node> children = new ArrayList<>();
        private int expected;
        /** What its column is, for whoever reads many cells of it. */
        final boolean plainText;

        final boolean plainNumber;
        final int attribute;
        /** Bytes that its cell begins with mostly, as a little-endian word. */
        private long usual;

        private long usualMask;
        private int usualLength;

        Node(byte[] name, String path, ColumnRoles.Column column) {
            this.name = name;
            long bytes = 0;
            for (int i = 0; i < name.length && name.length < Long.BYTES; i++) {
                bytes |= (name[i] & 0xFFL) << (Byte.SIZE * i);
            }
            boolean fits = name.length > 0 && name.length < Long.BYTES;
            word = fits ? bytes | (long) ' ' << (Byte.SIZE * name.length) : 0;
            mask = fits ? -1L >>> (Long.SIZE - Byte.SIZE * (name.length + 1)) : 0;
            this.path = path;
            this.column = column;
            plainText = column.isPlainText();
            plainNumber = column.isPlainNumber();
            attribute = column.attribute();
        }

        /** Remembers the {@code length} bytes there, 1..7, as what its cell begins with. */
        void expect(long eight, int length) {
            usualMask = -1L >>> (Long.SIZE - Byte.SIZE * length);
            usual = eight & usualMask;
            usualLength = length;
        }

        /** How many bytes its cell begins with as usual; 0 where it does not. */
        int usual(long eight) {
            return (eight & usualMask) == usual ? usualLength : 0;
        }

        /** Its names are expected in the same order again. */
        void begin() {
            expected = 0;
        }

        /** Of its name and the blank. */
        int length() {
            return name.length + 1;
        }
    }

    NameTree(ColumnRoles roles) {
        this.roles = roles;
    }

    Node root() {
        return new Node(new byte[0], "", ColumnRoles.UNUSED);
    }

    /**
     * The child that is expected next, if its name and a blank are the next bytes; else null: ask
     * {@link #child}.
     *
     * @param eight these bytes, little endian
     */
    @Nullable
    Node expected(Node parent, long eight) {
        if (parent.expected >= parent.children.size()) {
            return null;
        }
        Node child = parent.children.get(parent.expected);
        if (((eight & child.mask) ^ child.word) != 0 || child.mask == 0) {
            return null;
        }
        parent.expected = parent.expected + 1 < parent.children.size() ? parent.expected + 1 : 0;
        return child;
    }

    /** The child of that name. O(1) where names come in the same order each time. */
    Node child(Node parent, byte[] in, int from, int to) {
        List<Node> children = parent.children;
        int n = children.size();
        for (int i = 0; i < n; i++) {
            int at = parent.expected + i < n ? parent.expected + i : parent.expected + i - n;
            Node child = children.get(at);
            if (Arrays.equals(child.name, 0, child.name.length, in, from, to)) {
                parent.expected = at + 1 < n ? at + 1 : 0;
                return child;
            }
        }
        byte[] name = Arrays.copyOfRange(in, from, to);
        String path = (parent.path.isEmpty() ? "" : parent.path + ".") + new String(name, StandardCharsets.UTF_8);
        Node child = new Node(name, path, size < MOST ? roles.of(path) : ColumnRoles.UNUSED);
        if (size < MOST) {
            children.add(child);
            parent.expected = children.size() == n + 1 ? 0 : parent.expected;
            size++;
        }
        return child;
    }
}
