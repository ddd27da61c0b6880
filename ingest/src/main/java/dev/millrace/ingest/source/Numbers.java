package dev.millrace.ingest.source;

import java.nio.charset.StandardCharsets;

/** Numbers that stand as text in bytes. */
final class Numbers {
    private static final int MAX_EXACT_DIGITS = 15;
    private static final double[] POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
    };

    private Numbers() {}

    /** The double nearest to {@code in[from .. to-1]}, as {@link Double#parseDouble}; NaN when it is no number. */
    static double parse(byte[] in, int from, int to) {
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
