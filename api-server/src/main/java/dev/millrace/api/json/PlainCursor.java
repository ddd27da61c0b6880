package dev.millrace.api.json;

import com.fasterxml.jackson.core.JsonToken;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A document of plain bytes, which nearly every one is: ASCII, no escapes, numbers of at most 18 digits, within the bounds
 * of {@link JsonIn}. At anything else, valid or not, it gives up with {@link NotPlain}, and the document is read again from
 * its start by a cursor that knows everything. What it does accept it reads as that one does.
 */
final class PlainCursor implements JsonCursor {
    private static final int DELETE = 0x7F;
    private static final int MAX_DIGITS = 18;
    /** Whole numbers up to here are exact doubles, and so is their quotient by an exact power of ten, correctly rounded. */
    private static final int EXACT_DIGITS = 15;

    private static final double[] TEN = new double[EXACT_DIGITS + 1];
    /** Names that came before: most bodies have the same few. By hash; a name is taken for what its bytes say. */
    private static final int NAMES = 512;

    private static final int LONGEST_NAME = 32;
    private static final Name[] KNOWN = new Name[NAMES];

    /** Bytes that stand for themselves in a text. */
    private static final boolean[] TEXT = new boolean[256];

    static {
        for (int c = ' '; c < DELETE; c++) {
            TEXT[c] = c != '"' && c != '\\';
        }
        TEN[0] = 1;
        for (int i = 1; i < TEN.length; i++) {
            TEN[i] = TEN[i - 1] * 10;
        }
    }

    /** Not an error of anybody's: something that another cursor reads. */
    static final class NotPlain extends RuntimeException {
        private static final long serialVersionUID = 1;
        private static final NotPlain ONE = new NotPlain();

        private NotPlain() {
            super("not plain", null, false, false);
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // compared by hand
    private record Name(byte[] bytes, String text) {}

    private enum At {
        START,
        FIRST_FIELD,
        FIRST_ELEMENT,
        VALUE,
        BEHIND,
        END
    }

    private final byte[] bytes;
    private final int end;
    private int at;
    private At state = At.START;
    /** Bit d is set where the container at depth d is an object. */
    private int objects;

    private int depth;
    private JsonToken token = JsonToken.NOT_AVAILABLE;
    private int from;
    private int to;

    PlainCursor(byte[] bytes, int offset, int length) {
        this.bytes = bytes;
        at = offset;
        end = offset + length;
    }

    @Override
    public @Nullable JsonToken next() {
        int c = skipSpace();
        if (state == At.BEHIND) {
            if (depth == 0) {
                return end(c);
            }
            if (c == ',') {
                at++;
                c = skipSpace();
                return inObject() ? field(c) : value(c);
            }
            return close(c);
        }
        return switch (state) {
            case FIRST_FIELD -> c == '}' ? close(c) : field(c);
            case FIRST_ELEMENT -> c == ']' ? close(c) : value(c);
            default -> value(c);
        };
    }

    private @Nullable JsonToken end(int c) {
        if (c >= 0) {
            throw NotPlain.ONE;
        }
        return null;
    }

    private boolean inObject() {
        return (objects & 1 << depth) != 0;
    }

    /** The byte at the cursor, behind white space; −1 at the end. */
    private int skipSpace() {
        while (at < end) {
            byte c = bytes[at];
            if (c > ' ') {
                return c;
            }
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                throw NotPlain.ONE;
            }
            at++;
        }
        return -1;
    }

    private JsonToken close(int c) {
        if (c != (inObject() ? '}' : ']')) {
            throw NotPlain.ONE;
        }
        at++;
        token = inObject() ? JsonToken.END_OBJECT : JsonToken.END_ARRAY;
        depth--;
        state = At.BEHIND;
        return token;
    }

    private JsonToken field(int c) {
        if (c != '"') {
            throw NotPlain.ONE;
        }
        string(JsonIn.MAX_NAME);
        if (skipSpace() != ':') {
            throw NotPlain.ONE;
        }
        at++;
        state = At.VALUE;
        token = JsonToken.FIELD_NAME;
        return token;
    }

    /** Between the quotes; the cursor stands behind the second. */
    private void string(int longest) {
        int i = at + 1;
        from = i;
        while (i < end && TEXT[bytes[i] & 0xFF]) {
            i++;
        }
        if (i == end || bytes[i] != '"' || i - from > longest) {
            throw NotPlain.ONE;
        }
        to = i;
        at = i + 1;
    }

    private JsonToken value(int c) {
        switch (c) {
            case '"' -> {
                string(JsonIn.MAX_TEXT);
                token = JsonToken.VALUE_STRING;
            }
            case '{' -> {
                return open(JsonToken.START_OBJECT, At.FIRST_FIELD);
            }
            case '[' -> {
                return open(JsonToken.START_ARRAY, At.FIRST_ELEMENT);
            }
            case 't' -> literal("true", JsonToken.VALUE_TRUE);
            case 'f' -> literal("false", JsonToken.VALUE_FALSE);
            case 'n' -> literal("null", JsonToken.VALUE_NULL);
            default -> number(c);
        }
        state = At.BEHIND;
        return token;
    }

    private JsonToken open(JsonToken opened, At first) {
        if (depth == JsonIn.MAX_DEPTH) {
            throw NotPlain.ONE;
        }
        at++;
        depth++;
        int bit = 1 << depth;
        objects = opened == JsonToken.START_OBJECT ? objects | bit : objects & ~bit;
        state = first;
        token = opened;
        return opened;
    }

    private void literal(String text, JsonToken value) {
        if (end - at < text.length()) {
            throw NotPlain.ONE;
        }
        for (int i = 0; i < text.length(); i++) {
            if (bytes[at + i] != text.charAt(i)) {
                throw NotPlain.ONE;
            }
        }
        at += text.length();
        token = value;
    }

    private void number(int c) {
        from = at;
        int digits = c == '-' ? at + 1 : at;
        int i = skipDigits(digits);
        boolean leadingZero = i - digits > 1 && bytes[digits] == '0';
        if (i == digits || leadingZero) {
            throw NotPlain.ONE;
        }
        token = JsonToken.VALUE_NUMBER_INT;
        if (i < end && bytes[i] == '.') {
            token = JsonToken.VALUE_NUMBER_FLOAT;
            int fraction = i + 1;
            i = skipDigits(fraction);
            if (i == fraction) {
                throw NotPlain.ONE;
            }
        }
        // An exponent, too many digits, or no number at all.
        if (i - digits > MAX_DIGITS || (i < end && (bytes[i] | 0x20) == 'e')) {
            throw NotPlain.ONE;
        }
        to = i;
        at = i;
    }

    private int skipDigits(int first) {
        int i = first;
        while (i < end && bytes[i] >= '0' && bytes[i] <= '9') {
            i++;
        }
        return i;
    }

    @Override
    public JsonToken token() {
        return token;
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public String name() {
        int length = to - from;
        if (length > LONGEST_NAME) {
            return text();
        }
        int hash = length;
        for (int i = from; i < to; i++) {
            hash = 31 * hash + bytes[i];
        }
        int place = (hash ^ (hash >>> 9)) & (NAMES - 1);
        Name known = KNOWN[place];
        if (known != null && Arrays.equals(known.bytes, 0, known.bytes.length, bytes, from, to)) {
            return known.text;
        }
        Name made = new Name(Arrays.copyOfRange(bytes, from, to), text());
        KNOWN[place] = made;
        return made.text;
    }

    @Override
    public String text() {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    @Override
    public @Nullable String loneText(byte[] start, int longest) {
        int text = at + start.length;
        if (text >= end || Arrays.mismatch(bytes, at, text, start, 0, start.length) >= 0) {
            return null;
        }
        int last = Math.min(end - 1, text + longest + 1);
        int i = text;
        while (i < last && TEXT[bytes[i] & 0xFF]) {
            i++;
        }
        if (i == text || i >= last || bytes[i] != '"' || bytes[i + 1] != '}') {
            return null;
        }
        at = i + 1;
        close('}');
        return new String(bytes, text, i - text, StandardCharsets.ISO_8859_1);
    }

    @Override
    public boolean isPlain() {
        return true;
    }

    @Override
    public double number() {
        int point = from;
        while (point < to && bytes[point] != '.') {
            point++;
        }
        int fraction = Math.max(0, to - point - 1);
        if (to - from > EXACT_DIGITS) {
            return Double.parseDouble(text());
        }
        boolean negative = bytes[from] == '-';
        double value = digits(negative ? from + 1 : from) / TEN[fraction];
        return negative ? -value : value;
    }

    /** All digits up to the end, the point passed over. */
    private long digits(int first) {
        long value = 0;
        for (int i = first; i < to; i++) {
            if (bytes[i] != '.') {
                value = 10 * value + bytes[i] - '0';
            }
        }
        return value;
    }

    @Override
    public boolean fitsLong() {
        return true;
    }

    @Override
    public long wholeNumber() {
        boolean negative = bytes[from] == '-';
        long value = digits(negative ? from + 1 : from);
        return negative ? -value : value;
    }
}
