package dev.millrace.ingest.source;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Names of a document's fields, found by their bytes; those of nested objects below. One thread. */
final class NameTree {
    /** Other names than these are left out: a document may use values as names. */
    private static final int MOST = 10_000;

    private final ColumnRoles roles;
    private int size;

    /** A name, and the names within its object. */
    static final class Node {
        private final byte[] name;
        private final String path;
        final ColumnRoles.Column column;
        private final List<Node> children = new ArrayList<>();
        private int expected;

        Node(byte[] name, String path, ColumnRoles.Column column) {
            this.name = name;
            this.path = path;
            this.column = column;
        }

        /** Its names are expected in the same order again. */
        void begin() {
            expected = 0;
        }
    }

    NameTree(ColumnRoles roles) {
        this.roles = roles;
    }

    Node root() {
        return new Node(new byte[0], "", ColumnRoles.UNUSED);
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
