package dev.millrace.ingest.source;

import java.nio.charset.StandardCharsets;

/** Numbers that stand as text in bytes. */
final class Numbers {
    private static final int MAX_EXACT_DIGITS = 15;
    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    };

    private static final long ZEROS = ByteScan.eight((byte) '0');
    private static final long POINTS = ByteScan.eight((byte) '.');
    private static final long ABOVE_NINE = ByteScan.eight((byte) (0x7F - 9));
    private static final long HIGHS = ByteScan.eight((byte) 0x80);

    private Numbers() {}

    /** The double nearest to {@code in[from .. to-1]}, as {@link Double#parseDouble}; NaN when it is no number. */
    static double parse(byte[] in, int from, int to) {
        int length = to - from;
        if (length > 0 && length <= Long.BYTES && from + Long.BYTES <= in.length) {
            double value = eight(ByteScan.eightAt(in, from), length);
            if (!Double.isNaN(value)) {
                return value;
            }
        }
        return any(in, from, to);
    }

    /**
     * Of digits and at most one point, all at once (Lemire 2021, "Number parsing at a gigabyte per second", §4); NaN when
     * it is something else.
     *
     * @param bytes the first one lowest
     * @param length of them that count, 1..8
     */
    static double eight(long bytes, int length) {
        long mine = bytes & (-1L >>> (Long.SIZE - Byte.SIZE * length));
        long points = ByteScan.zeros(mine ^ POINTS);
        int digits = length;
        int fraction = 0;
        if (points != 0) {
            int before = Long.numberOfTrailingZeros(points) & -Byte.SIZE;
            long whole = mine & ~(-1L << before);
            mine = whole | ((mine >>> before) >>> Byte.SIZE) << before;
            digits--;
            fraction = digits - (before >>> 3);
        }
        if (digits == 0) {
            return Double.NaN;
        }
        int unused = Long.SIZE - Byte.SIZE * digits;
        long each = (mine << unused) - (ZEROS << unused);
        if ((((each + ABOVE_NINE) | each) & HIGHS) != 0) {
            return Double.NaN;
        }
        long pairs = each * 10 + (each >>> 8);
        long high = (pairs & 0x0000_00FF_0000_00FFL) * 0x000F_4240_0000_0064L;
        long low = ((pairs >>> 16) & 0x0000_00FF_0000_00FFL) * 0x0000_2710_0000_0001L;
        long whole = (high + low) >>> 32;
        // Both are exact, so that the quotient is the nearest double.
        return fraction == 0 ? whole : whole / POWERS[fraction];
    }

    private static double any(byte[] in, int from, int to) {
        int at = from;
        boolean negative = at < to && in[at] == '-';
        at += negative ? 1 : 0;
        long digits = 0;
        int count = 0;
        int point = -1;
        for (; at < to; at++) {
            int c = in[at] - '0';
            if (c >= 0 && c <= 9) {
                digits = digits * 10 + c;
                count++;
            } else if (in[at] == '.' && point < 0) {
                point = count;
            } else {
                return slow(in, from, to);
            }
        }
        if (count == 0 || count > MAX_EXACT_DIGITS) {
            return slow(in, from, to);
        }
        // Both are exact, so that the quotient is the nearest double.
        double value = point < 0 ? digits : digits / POWERS[count - point];
        return negative ? -value : value;
    }

    private static double slow(byte[] in, int from, int to) {
        String text = new String(in, from, to - from, StandardCharsets.UTF_8).strip();
        // Java's own forms (hexadecimal, a type letter behind it) are not meant as numbers in data.
        if (text.isEmpty() || !isNumeric(text)) {
            return Double.NaN;
        }
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    private static boolean isNumeric(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("+-.0123456789eE".indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return true;
    }
}
