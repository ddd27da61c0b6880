package dev.millrace.ingest.feature;

import java.util.Arrays;

/**
 * The values of one {@code Features} message, found by attribute in its bytes. Reused from message to message; one
 * thread.
 */
final class EncodedFeatures {
    static final int ABSENT = -1;

    private static final int NAMES = WireCursor.tag(1, WireCursor.LENGTH);
    private static final int VALUES = WireCursor.tag(2, WireCursor.LENGTH);
    static final int NUMBER = WireCursor.tag(1, WireCursor.FIXED64);
    static final int TEXT = WireCursor.tag(2, WireCursor.LENGTH);
    static final int TEXTS = WireCursor.tag(3, WireCursor.LENGTH);
    static final int TEXTS_VALUE = WireCursor.tag(1, WireCursor.LENGTH);

    private final int[] from;
    private final int[] to;

    /** @param attributes how many there are to find */
    EncodedFeatures(int attributes) {
        from = new int[attributes];
        to = new int[attributes];
    }

    /**
     * Looks where the attributes' values stand; of one that stands twice, the last.
     *
     * @param attributes of each name of the dictionary, {@link #ABSENT} for those of no use
     */
    void locate(byte[] bytes, int start, int end, int[] attributes) {
        Arrays.fill(from, ABSENT);
        WireCursor in = new WireCursor(bytes, start, end);
        WireCursor names = new WireCursor(bytes, start, start);
        while (in.hasMore()) {
            int tag = in.tag();
            if (tag == VALUES) {
                int length = in.length();
                int attribute = attributes[(int) names.varint()];
                if (attribute != ABSENT) {
                    from[attribute] = in.at;
                    to[attribute] = in.at + length;
                }
                in.at += length;
            } else if (tag == NAMES) {
                int length = in.length();
                names.at = in.at;
                names.end = in.at += length;
            } else {
                in.skip(tag);
            }
        }
    }

    /** Where the {@code Value} message begins, or {@link #ABSENT}. */
    int from(int attribute) {
        return from[attribute];
    }

    /** A cursor over the attribute's {@code Value}, which must not be absent. */
    WireCursor value(byte[] bytes, int attribute) {
        return new WireCursor(bytes, from[attribute], to[attribute]);
    }

    /** Moves the cursor of a {@code Value} to what follows the tag of its kind. */
    static int kind(WireCursor value) {
        while (value.hasMore()) {
            int tag = value.tag();
            if (tag == NUMBER || tag == TEXT || tag == TEXTS) {
                return tag;
            }
            value.skip(tag);
        }
        throw WireCursor.Malformed.INSTANCE;
    }

    /** Whether the message is one that {@link #locate} reads without failing; an empty one is. */
    static boolean areSound(byte[] bytes, int start, int end, int dictionary) {
        WireCursor in = new WireCursor(bytes, start, end);
        WireCursor names = new WireCursor(bytes, start, start);
        while (in.hasMore()) {
            int tag = in.tag();
            if (tag == VALUES) {
                long name = names.hasMore() ? names.varint() : dictionary;
                if (name < 0 || name >= dictionary || !isSoundValue(in)) {
                    return false;
                }
            } else if (tag == NAMES) {
                // Packed, and before the values.
                if (names.at != start) {
                    return false;
                }
                int length = in.length();
                names.at = in.at;
                names.end = in.at += length;
            } else if (tag >>> WireCursor.TYPE_BITS == NAMES >>> WireCursor.TYPE_BITS) {
                return false;
            } else {
                in.skip(tag);
            }
        }
        return !names.hasMore();
    }

    private static boolean isSoundValue(WireCursor in) {
        int length = in.length();
        int limit = in.end;
        in.end = in.at + length;
        int kinds = 0;
        while (in.hasMore()) {
            int tag = in.tag();
            if (tag == NUMBER) {
                in.fixed64();
                kinds++;
            } else if (tag == TEXT) {
                in.text();
                kinds++;
            } else if (tag == TEXTS) {
                texts(in);
                kinds++;
            } else {
                in.skip(tag);
            }
        }
        in.end = limit;
        return kinds == 1;
    }

    private static void texts(WireCursor in) {
        int length = in.length();
        int limit = in.end;
        in.end = in.at + length;
        while (in.hasMore()) {
            int tag = in.tag();
            if (tag == TEXTS_VALUE) {
                in.text();
            } else {
                in.skip(tag);
            }
        }
        in.end = limit;
    }
}
