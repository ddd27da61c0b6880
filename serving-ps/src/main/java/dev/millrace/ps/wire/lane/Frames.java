package dev.millrace.ps.wire.lane;

import java.io.IOException;
import java.io.Serial;

/**
 * A frame, little-endian:
 *
 * <pre>
 *  0         4    5      6       8            16
 *  +---------+----+------+-------+------------+--- ... ---+
 *  | body's  | op | mark | 0     | call's id  | body      |
 *  | bytes   |    | 0xA5 |       |            |           |
 *  +---------+----+------+-------+------------+--- ... ---+
 * </pre>
 *
 * To the server, {@code op} is the operation. Back, it is 0 for an answer and otherwise the number of a
 * {@code WireCode}, with the detail (8 bytes) and words in UTF-8 as the body. The server sends the id back as it came.
 */
final class Frames {
    static final int HEADER = 16;
    static final int OP_AT = 4;
    static final int MARK_AT = 5;
    static final int ID_AT = 8;
    static final byte MARK = (byte) 0xA5;

    /** Words of an error beyond this are cut. */
    static final int MAX_WORDS = 1024;

    static final int MAX_FAILURE = Long.BYTES + MAX_WORDS;

    private Frames() {}

    /** The peer's bytes make no sense: the connection ends. */
    static final class BrokenException extends IOException {
        @Serial
        private static final long serialVersionUID = 1;

        BrokenException(String message) {
            super(message);
        }
    }
}
