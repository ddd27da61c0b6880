package dev.millrace.ingest.source;

import java.nio.BufferUnderflowException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads Thrift's compact protocol, as Parquet's metadata is written in, into maps by field number. One thread. */
final class ThriftCompact {
    private static final int MAX_DEPTH = 32;
    private static final int MAX_SIZE = 1 << 24;
    private static final int STOP = 0;
    private static final int TRUE = 1;
    private static final int FALSE = 2;
    private static final int BYTE = 3;
    private static final int DOUBLE = 7;
    private static final int BINARY = 8;
    private static final int LIST = 9;
    private static final int SET = 10;
    private static final int STRUCT = 12;

    private final byte[] in;
    private final int end;
    private int at;

    ThriftCompact(byte[] in, int from, int end) {
        this.in = in;
        this.at = from;
        this.end = end;
    }

    /** One beyond what was read. */
    int position() {
        return at;
    }

    /** A struct with typed access to its fields. */
    static final class Struct {
        private final Map<Integer, Object> fields = new TreeMap<>();

        boolean has(int field) {
            return fields.containsKey(field);
        }

        /** @throws IllegalArgumentException when there is no such number */
        long number(int field) {
            if (fields.get(field) instanceof Long number) {
                return number;
            }
            throw new IllegalArgumentException("field " + field + " is missing");
        }

        long number(int field, long fallback) {
            return fields.get(field) instanceof Long number ? number : fallback;
        }

        int size(int field) {
            return Math.toIntExact(number(field));
        }

        String text(int field) {
            return fields.get(field) instanceof String text ? text : "";
        }

        boolean flag(int field, boolean fallback) {
            return fields.get(field) instanceof Boolean flag ? flag : fallback;
        }

        Struct struct(int field) {
            if (fields.get(field) instanceof Struct struct) {
                return struct;
            }
            throw new IllegalArgumentException("field " + field + " is missing");
        }

        List<Struct> structs(int field) {
            List<Struct> structs = new ArrayList<>();
            if (fields.get(field) instanceof List<?> list) {
                list.forEach(element -> {
                    if (element instanceof Struct struct) {
                        structs.add(struct);
                    }
                });
            }
            return structs;
        }

        List<String> texts(int field) {
            List<String> texts = new ArrayList<>();
            if (fields.get(field) instanceof List<?> list) {
                list.forEach(element -> texts.add(String.valueOf(element)));
            }
            return texts;
        }
    }

    /** @throws IllegalArgumentException or {@link BufferUnderflowException} when these are not such bytes */
    Struct struct() {
        return struct(0);
    }

    private Struct struct(int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("nested too deep");
        }
        Struct struct = new Struct();
        int field = 0;
        while (true) {
            int head = next();
            int type = head & 0xF;
            if (type == STOP) {
                return struct;
            }
            int step = head >>> 4;
            field = step == 0 ? (int) zigzag() : field + step;
            struct.fields.put(field, type == TRUE ? Boolean.TRUE : type == FALSE ? Boolean.FALSE : value(type, depth));
        }
    }

    private Object value(int type, int depth) {
        switch (type) {
            case TRUE, FALSE:
                return next() == TRUE;
            case BYTE:
                return (long) (byte) next();
            case DOUBLE:
                skip(Long.BYTES);
                return 0.0;
            case BINARY:
                int length = size(varint());
                String text = new String(in, at, length, StandardCharsets.UTF_8);
                skip(length);
                return text;
            case LIST, SET:
                return list(depth);
            case STRUCT:
                return struct(depth + 1);
            default:
                if (type < BYTE || type > STRUCT) {
                    throw new IllegalArgumentException("a field of type " + type);
                }
                // Whole numbers of 16, 32 and 64 bits; maps are in no metadata that is read.
                return zigzag();
        }
    }

    private List<Object> list(int depth) {
        int head = next();
        int size = head >>> 4 == 15 ? size(varint()) : head >>> 4;
        List<Object> list = new ArrayList<>(Math.min(size, 1024));
        for (int i = 0; i < size; i++) {
            list.add(value(head & 0xF, depth + 1));
        }
        return list;
    }

    private int size(long size) {
        if (size < 0 || size > MAX_SIZE || size > end - at) {
            throw new IllegalArgumentException("a size of " + size);
        }
        return (int) size;
    }

    private void skip(int bytes) {
        if (bytes > end - at) {
            throw new BufferUnderflowException();
        }
        at += bytes;
    }

    private int next() {
        if (at >= end) {
            throw new BufferUnderflowException();
        }
        return in[at++] & 0xFF;
    }

    private long zigzag() {
        long n = varint();
        return (n >>> 1) ^ -(n & 1);
    }

    private long varint() {
        long n = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            int b = next();
            n |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                return n;
            }
        }
        throw new IllegalArgumentException("a number that does not end");
    }
}
