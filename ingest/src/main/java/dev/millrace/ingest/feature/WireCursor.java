package dev.millrace.ingest.feature;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Walks over protobuf's wire format in place ("Encoding", protobuf.dev): no object is made. One thread.
 *
 * <p>Every method that moves throws {@link Malformed} rather than leave {@code at..end}.
 */
final class WireCursor {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;

    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int LENGTH = 2;
    static final int FIXED32 = 5;
    static final int TYPE_BITS = 3;

    final byte[] bytes;
    int at;
    int end;

    /** The bytes are no message, or one that nobody writes. */
    static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1;
        static final Malformed INSTANCE = new Malformed();

        private Malformed() {
            super("malformed", null, false, false);
        }
    }

    WireCursor(byte[] bytes, int at, int end) {
        this.bytes = bytes;
        this.at = at;
        this.end = end;
    }

    static int tag(int field, int type) {
        return field << TYPE_BITS | type;
    }

    boolean hasMore() {
        return at < end;
    }

    int tag() {
        long tag = varint();
        if (tag >>> TYPE_BITS == 0 || tag != (int) tag) {
            throw Malformed.INSTANCE;
        }
        return (int) tag;
    }

    long varint() {
        if (at < end && bytes[at] >= 0) {
            return bytes[at++];
        }
        long value = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (at >= end) {
                throw Malformed.INSTANCE;
            }
            byte b = bytes[at++];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
        throw Malformed.INSTANCE;
    }

    /** Reads the length of what follows; it is all there. */
    int length() {
        long length = varint();
        if (length < 0 || length > end - at) {
            throw Malformed.INSTANCE;
        }
        return (int) length;
    }

    long fixed64() {
        need(Long.BYTES);
        long value = (long) LONGS.get(bytes, at);
        at += Long.BYTES;
        return value;
    }

    int fixed32() {
        need(Integer.BYTES);
        int value = (int) INTS.get(bytes, at);
        at += Integer.BYTES;
        return value;
    }

    float asFloat() {
        return Float.intBitsToFloat(fixed32());
    }

    private void need(int count) {
        if (end - at < count) {
            throw Malformed.INSTANCE;
        }
    }

    /** Over the value of a field that is of no use. */
    void skip(int tag) {
        switch (tag & ((1 << TYPE_BITS) - 1)) {
            case VARINT -> varint();
            case FIXED64 -> fixed64();
            case LENGTH -> {
                // The length moves the cursor first.
                int length = length();
                at += length;
            }
            case FIXED32 -> fixed32();
            default -> throw Malformed.INSTANCE;
        }
    }

    /** Over a string, its length first, which must be UTF-8. */
    void text() {
        utf8(length());
    }

    /** Over so many bytes, which must be UTF-8. */
    void utf8(int length) {
        if (!isUtf8(length)) {
            throw Malformed.INSTANCE;
        }
        at += length;
    }

    private boolean isUtf8(int length) {
        int i = at;
        int to = at + length;
        for (; i <= to - Long.BYTES; i += Long.BYTES) {
            if (((long) LONGS.get(bytes, i) & HIGH_BITS) != 0) {
                return isUtf8Slowly(length);
            }
        }
        for (; i < to; i++) {
            if (bytes[i] < 0) {
                return isUtf8Slowly(length);
            }
        }
        return true;
    }

    private boolean isUtf8Slowly(int length) {
        try {
            // A new decoder reports what is wrong.
            var unused = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, at, length));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
