package dev.millrace.ingest.profile;

import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Keys of real-time rows: a letter, the model, whose, and the segment; each text behind its length (LEB128). */
public final class LiveKeys {
    /** First byte of every key. */
    static final byte LETTER = 'r';

    private LiveKeys() {}

    /** A person's or an item's own row. */
    public static ByteString of(String model, ProfileStore.Kind kind, String id) {
        return ByteString.copyFrom(key(model, kind, id).toByteArray());
    }

    /** An item's row among the people whose attribute {@code by} is {@code segment}. */
    public static ByteString of(String model, String item, String by, String segment) {
        ByteArrayOutputStream out = key(model, ProfileStore.Kind.ITEM, item);
        text(by, out);
        text(segment, out);
        return ByteString.copyFrom(out.toByteArray());
    }

    private static ByteArrayOutputStream key(String model, ProfileStore.Kind kind, String id) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(id.length() + model.length() + 4);
        out.write(LETTER);
        text(model, out);
        out.write(kind == ProfileStore.Kind.USER ? 'u' : 'i');
        text(id, out);
        return out;
    }

    private static void text(String text, ByteArrayOutputStream out) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int length = bytes.length;
        while (length > 0x7f) {
            out.write((length & 0x7f) | 0x80);
            length >>>= 7;
        }
        out.write(length);
        out.writeBytes(bytes);
    }
}
