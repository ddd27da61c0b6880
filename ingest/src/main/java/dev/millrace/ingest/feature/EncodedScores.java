package dev.millrace.ingest.feature;

import java.nio.charset.StandardCharsets;

/** Where an {@code OtherScores} message has its scores, four bytes each. */
record EncodedScores(String model, long version, int from, int to) {
    private static final int MODEL = WireCursor.tag(1, WireCursor.LENGTH);
    private static final int VERSION = WireCursor.tag(2, WireCursor.VARINT);
    private static final int SCORES = WireCursor.tag(3, WireCursor.LENGTH);

    /** Reads the message, its length first. @throws WireCursor.Malformed when it is not as protobuf-java writes it */
    static EncodedScores read(WireCursor in, boolean check) {
        int length = in.length();
        int limit = in.end;
        in.end = in.at + length;
        String model = "";
        long version = 0;
        int from = 0;
        int to = 0;
        while (in.hasMore()) {
            int tag = in.tag();
            if (tag == MODEL) {
                int text = in.length();
                model = new String(in.bytes, in.at, text, StandardCharsets.UTF_8);
                if (check) {
                    in.utf8(text);
                } else {
                    in.at += text;
                }
            } else if (tag == VERSION) {
                version = in.varint();
            } else if (tag == SCORES) {
                int bytes = in.length();
                if (from != 0 || bytes % Float.BYTES != 0) {
                    throw WireCursor.Malformed.INSTANCE;
                }
                from = in.at;
                to = in.at += bytes;
            } else if (tag >>> WireCursor.TYPE_BITS == SCORES >>> WireCursor.TYPE_BITS) {
                // Not packed.
                throw WireCursor.Malformed.INSTANCE;
            } else {
                in.skip(tag);
            }
        }
        in.end = limit;
        return new EncodedScores(model, version, from, to);
    }

    /** NaN: it has none for that place. */
    float score(byte[] bytes, int item) {
        int at = from + item * Float.BYTES;
        return at + Float.BYTES > to ? Float.NaN : Float.intBitsToFloat(new WireCursor(bytes, at, to).fixed32());
    }
}
