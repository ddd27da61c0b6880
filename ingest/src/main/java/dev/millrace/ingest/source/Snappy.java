package dev.millrace.ingest.source;

/** Decompresses Snappy's raw format (its format_description.txt). */
final class Snappy {
    private Snappy() {}

    /** @throws IllegalArgumentException when these are no such bytes, or not of that length */
    static void decompress(byte[] in, int from, int length, byte[] out, int outLength) {
        try {
            int end = from + length;
            int at = from;
            int size = 0;
            int shift = 0;
            while (in[at] < 0) {
                size |= (in[at++] & 0x7F) << shift;
                shift += 7;
            }
            size |= in[at++] << shift;
            if (size != outLength || copy(in, at, end, out) != size) {
                throw new IllegalArgumentException("compressed bytes of another length");
            }
        } catch (IndexOutOfBoundsException e) {
            throw new IllegalArgumentException("damaged compressed bytes", e);
        }
    }

    private static int copy(byte[] in, int from, int end, byte[] out) {
        int at = from;
        int to = 0;
        while (at < end) {
            int tag = in[at++] & 0xFF;
            int kind = tag & 3;
            if (kind == 0) {
                int length = tag >>> 2;
                if (length >= 60) {
                    int bytes = length - 59;
                    length = little(in, at, bytes);
                    at += bytes;
                }
                length++;
                System.arraycopy(in, at, out, to, length);
                at += length;
                to += length;
                continue;
            }
            int length = kind == 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2);
            int offset;
            if (kind == 1) {
                offset = ((tag >>> 5) << 8) | (in[at++] & 0xFF);
            } else {
                int bytes = kind == 2 ? 2 : 4;
                offset = little(in, at, bytes);
                at += bytes;
            }
            if (offset <= 0 || offset > to) {
                throw new IllegalArgumentException("damaged compressed bytes");
            }
            // They may overlap: byte by byte.
            for (int i = 0; i < length; i++, to++) {
                out[to] = out[to - offset];
            }
        }
        return to;
    }

    private static int little(byte[] in, int at, int bytes) {
        int n = 0;
        for (int i = 0; i < bytes; i++) {
            n |= (in[at + i] & 0xFF) << (8 * i);
        }
        return n;
    }
}
