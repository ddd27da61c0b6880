package dev.millrace.ingest.source;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds the end of a cell or word, eight bytes at once (the test for a zero byte in a word: Mycroft 1987). Whoever calls
 * knows that there is one, and that {@link #BEYOND} bytes beyond it may be read.
 */
final class ByteScan {
    static final int BEYOND = Long.BYTES;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long HIGHS = 0x8080_8080_8080_8080L;
    private static final long BARS = eight((byte) '|');
    private static final long COLONS = eight((byte) ':');
    private static final long BLANKS = eight((byte) (' ' + 1));

    private ByteScan() {}

    /** Eight of a byte, as {@link #either} takes them. */
    static long eight(byte b) {
        return ONES * (b & 0xFF);
    }

    /** The eight bytes from {@code at} on, the first one lowest. */
    static long eightAt(byte[] in, int at) {
        return (long) LONGS.get(in, at);
    }

    /** The first place from {@code from} on of one of two bytes. */
    static int either(byte[] in, int from, long first, long second) {
        for (int at = from; ; at += Long.BYTES) {
            long eight = (long) LONGS.get(in, at);
            long found = zeros(eight ^ first) | zeros(eight ^ second);
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
    }

    /** The first place from {@code from} on of a blank, a control character, '|' or ':'. */
    static int endOfWord(byte[] in, int from) {
        for (int at = from; ; at += Long.BYTES) {
            long eight = (long) LONGS.get(in, at);
            long found = zeros(eight ^ BARS) | zeros(eight ^ COLONS) | ((eight - BLANKS) & ~eight & HIGHS);
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
    }

    /** How many of eight bytes come before the first blank or control character; 8: there is none. */
    static int beforeBlank(long eight) {
        long found = (eight - BLANKS) & ~eight & HIGHS;
        return Long.numberOfTrailingZeros(found) >>> 3;
    }

    /** The lowest bit set is that of the first byte that is 0; those above it mean nothing. */
    static long zeros(long eight) {
        return (eight - ONES) & ~eight & HIGHS;
    }
}
