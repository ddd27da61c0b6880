package dev.millrace.ingest.source;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a Parquet file's footer says (format 2.x): its columns, and where each row group keeps them.
 *
 * @param columns leaves of the schema
 */
record ParquetFile(List<Leaf> columns, List<Group> groups) {
    private static final int MAGIC =
            ByteBuffer.wrap("1RAP".getBytes(StandardCharsets.US_ASCII)).getInt();
    private static final int TAIL = 2 * Integer.BYTES;
    private static final int MAX_FOOTER = 256 << 20;
    private static final int MAX_LEAVES = 10_000;
    private static final int MAX_DEPTH = 64;
    private static final int OPTIONAL = 1;
    private static final int REPEATED = 2;

    /**
     * A column of values.
     *
     * @param name dotted; of a list, the list's
     * @param type of Parquet
     * @param maxDefinition level of a value that is there
     * @param maxRepetition 0, or 1 within a list
     */
    record Leaf(String name, int type, int maxDefinition, int maxRepetition) {}

    /**
     * @param firstRow within the file
     * @param chunks of each leaf
     */
    record Group(long firstRow, long rows, List<Chunk> chunks) {
        long from() {
            return chunks.stream().mapToLong(Chunk::offset).min().orElse(0);
        }

        long bytes() {
            return chunks.stream().mapToLong(Chunk::bytes).sum();
        }
    }

    /** Where a leaf's pages are, the dictionary first if there is one. */
    record Chunk(long offset, long bytes, int codec, long values) {}

    static ParquetFile read(DataFiles files, DataFile file) throws IOException {
        if (file.bytes() < TAIL) {
            throw BlockFile.damaged(file, "too short to be a Parquet file");
        }
        ByteBuffer tail = BlockFile.bytes(files, file, file.bytes() - TAIL, TAIL);
        int length = tail.getInt();
        if (tail.getInt() != MAGIC || length < 0 || length > MAX_FOOTER || length + TAIL > file.bytes()) {
            throw BlockFile.damaged(file, "no Parquet file (or an encrypted one), or cut short");
        }
        ByteBuffer footer = BlockFile.bytes(files, file, file.bytes() - TAIL - length, length);
        byte[] bytes = new byte[length];
        footer.get(bytes);
        try {
            return of(new ThriftCompact(bytes, 0, length).struct());
        } catch (IllegalArgumentException
                | BufferUnderflowException
                | IndexOutOfBoundsException
                | ArithmeticException e) {
            throw new DataException(file.name() + ": its footer cannot be read: " + e.getMessage(), e);
        }
    }

    private static ParquetFile of(ThriftCompact.Struct footer) {
        List<ThriftCompact.Struct> schema = footer.structs(2);
        List<Leaf> leaves = new ArrayList<>();
        int next = 1;
        for (long i = schema.get(0).number(5, 0); i > 0; i--) {
            next = leaves(schema, next, "", "", 0, 0, leaves);
        }
        List<Group> groups = new ArrayList<>();
        long row = 0;
        for (ThriftCompact.Struct group : footer.structs(4)) {
            List<Chunk> chunks = new ArrayList<>();
            for (ThriftCompact.Struct column : group.structs(1)) {
                ThriftCompact.Struct about = column.struct(3);
                long data = about.number(9);
                long dictionary = about.number(11, 0);
                chunks.add(new Chunk(
                        dictionary > 0 ? Math.min(dictionary, data) : data,
                        about.number(7),
                        about.size(4),
                        about.number(5)));
            }
            if (chunks.size() != leaves.size()) {
                throw new IllegalArgumentException(chunks.size() + " columns, not " + leaves.size());
            }
            if (group.number(3) < 0) {
                throw new IllegalArgumentException(group.number(3) + " rows");
            }
            groups.add(new Group(row, group.number(3), chunks));
            row += group.number(3);
        }
        return new ParquetFile(leaves, groups);
    }

    /**
     * @param path of the element's parent
     * @param list name of the list that it is in; empty: none
     * @return index of the element after this one and all below
     */
    private static int leaves(
            List<ThriftCompact.Struct> schema,
            int at,
            String path,
            String list,
            int definition,
            int repetition,
            List<Leaf> leaves) {
        if (leaves.size() > MAX_LEAVES || definition > MAX_DEPTH) {
            throw new IllegalArgumentException("too many columns, or nested too deep");
        }
        ThriftCompact.Struct element = schema.get(at);
        long form = element.number(3, 0);
        String own = path.isEmpty() ? element.text(4) : path + "." + element.text(4);
        int nowDefined = definition + (form == OPTIONAL || form == REPEATED ? 1 : 0);
        int nowRepeated = repetition + (form == REPEATED ? 1 : 0);
        // A list is a group around a repeated group around its elements: it has the outer one's name.
        String nowList = form == REPEATED && list.isEmpty() ? (path.isEmpty() ? own : path) : list;
        long children = element.number(5, 0);
        if (children == 0) {
            leaves.add(
                    new Leaf(nowList.isEmpty() ? own : nowList, (int) element.number(1, -1), nowDefined, nowRepeated));
            return at + 1;
        }
        int next = at + 1;
        for (long i = 0; i < children; i++) {
            next = leaves(schema, next, own, nowList, nowDefined, nowRepeated, leaves);
        }
        return next;
    }
}
