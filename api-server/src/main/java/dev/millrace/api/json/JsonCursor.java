package dev.millrace.api.json;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The tokens of one JSON document, one after the other. */
interface JsonCursor {
    /** Goes on; null at the document's end. */
    @Nullable
    JsonToken next() throws IOException;

    /** The token that it stands on. */
    JsonToken token();

    /** How many containers are around it, one that it stands at the start of included. */
    int depth();

    /** Of a field. */
    String name() throws IOException;

    /** Of a text or a number, as it stands there. */
    String text() throws IOException;

    /**
     * The text of the object that it stands at the start of, if that has nothing but one plain text, by this name: the cursor
     * is at the object's end then. Null: the cursor has not moved, and reads the object as any other.
     *
     * @param start of such an object: {@code "name":"}
     * @param longest characters of the text, which is not empty
     */
    default @Nullable String loneText(byte[] start, int longest) {
        return null;
    }

    /** Whether every text is ASCII without control characters, so that nobody need look. */
    boolean isPlain();

    double number() throws IOException;

    /** Whether a whole number is in a long's range. */
    boolean fitsLong() throws IOException;

    long wholeNumber() throws IOException;
}
