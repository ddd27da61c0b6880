package dev.millrace.api.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.google.protobuf.Message;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.spec.KnownNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A cursor over one JSON document that knows the path of what it reads. Unknown and repeated keys, wrong types, text
 * that is no Unicode, numbers beyond double and anything after the document are refused with a {@link ProblemException}.
 *
 * <p>Bounds: nesting {@value #MAX_DEPTH}, names {@value #MAX_NAME} and texts {@value #MAX_TEXT} characters, numbers
 * {@value #MAX_NUMBER}.
 */
public final class JsonIn {
    static final int MAX_DEPTH = 16;
    static final int MAX_NAME = 256;
    static final int MAX_TEXT = 16_384;
    private static final int MAX_NUMBER = 64;
    private static final int SHOWN_NAME = 64;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNameLength(MAX_NAME)
                    .maxStringLength(MAX_TEXT)
                    .maxNumberLength(MAX_NUMBER)
                    .build())
            // UTF-8 and nothing else; and no caller's key stays in the JVM's table of strings.
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .build();

    /** Reads the value under the cursor. */
    public interface Reader<T> {
        T read(JsonIn in) throws IOException;
    }

    /** One document, wherever it comes from; it is read once. */
    public interface Source {
        <T> T read(Reader<T> reader);
    }

    /** Reads one key's value. */
    public interface Member {
        void read(String name) throws IOException;
    }

    /** Reads one element. */
    public interface Element {
        void read(int index) throws IOException;
    }

    private final JsonCursor cursor;
    private final String rootPath;
    /** Of each container around the cursor, the name or index in it; put into words for a refusal only. */
    private final @Nullable String[] names = new String[MAX_DEPTH + 2];

    private final int[] indexes = new int[MAX_DEPTH + 2];
    private int depth;

    private JsonIn(JsonCursor cursor, String rootPath) {
        this.cursor = cursor;
        this.rootPath = rootPath;
    }

    public static <T> T read(byte[] body, Reader<T> reader) {
        return read(body, 0, body.length, "", reader);
    }

    public static Source of(byte[] body) {
        return new Source() {
            @Override
            public <T> T read(Reader<T> reader) {
                return JsonIn.read(body, reader);
            }
        };
    }

    /**
     * A message, as the JSON object that proto3 makes of it.
     *
     * @param without names of fields that are left out
     */
    public static Source of(Message message, List<String> without) {
        return of(() -> MessageCursor.of(message, without));
    }

    /** One field of a message: an array, where it is repeated; an object, where it is a map. */
    public static Source ofField(Message message, String name) {
        return of(() -> MessageCursor.ofField(message, name));
    }

    private static Source of(Supplier<JsonCursor> cursor) {
        return new Source() {
            @Override
            public <T> T read(Reader<T> reader) {
                try {
                    return new JsonIn(cursor.get(), "").document(reader);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    /** @param rootPath path of the document itself, where it is one of many */
    public static <T> T read(byte[] body, int offset, int length, String rootPath, Reader<T> reader) {
        try {
            return new JsonIn(new PlainCursor(body, offset, length), rootPath).document(reader);
        } catch (PlainCursor.NotPlain e) {
            return readAny(body, offset, length, rootPath, reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static <T> T readAny(byte[] body, int offset, int length, String rootPath, Reader<T> reader) {
        try (JsonParser parser = FACTORY.createParser(body, offset, length)) {
            return new JsonIn(new JacksonCursor(parser), rootPath).document(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private <T> T document(Reader<T> reader) throws IOException {
        try {
            if (cursor.next() == null) {
                throw invalid("is empty", "send a JSON document");
            }
            T value = reader.read(this);
            if (cursor.next() != null) {
                throw invalid("goes on after the end of the JSON document", "send one document");
            }
            return value;
        } catch (StreamConstraintsException e) {
            throw invalid("goes beyond a bound: " + e.getOriginalMessage(), "send less, or less deep");
        } catch (JsonProcessingException e) {
            throw invalid("is not JSON: " + reason(e) + at(e.getLocation()), "send JSON in UTF-8");
        } catch (java.io.CharConversionException e) {
            throw invalid("is not UTF-8: " + e.getMessage(), "send JSON in UTF-8");
        }
    }

    /** The parser's words, without where it says that its source is hidden. */
    private static String reason(JsonProcessingException e) {
        String message = e.getOriginalMessage();
        int marker = message.indexOf(" (start marker at");
        return marker < 0 ? message : message.substring(0, marker);
    }

    private static String at(JsonLocation location) {
        return " at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    /** Where the value under the cursor stands; empty for the document. */
    public String path() {
        StringBuilder path = new StringBuilder(rootPath);
        for (int d = 0; d < depth; d++) {
            String name = names[d];
            if (name == null) {
                path.append('[').append(indexes[d]).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".");
                path.append(name.length() <= SHOWN_NAME ? name : name.substring(0, SHOWN_NAME) + "…");
            }
        }
        return path.toString();
    }

    /** A refusal of the value under the cursor. */
    public ProblemException invalid(String detail, String fix) {
        String field = path();
        String subject = field.isEmpty() ? "the body " : field + " ";
        return new ProblemException(Problem.invalid(field.isEmpty() ? null : field, subject + detail, fix));
    }

    /** A refusal of a key that the object under the cursor lacks. */
    public ProblemException missing(String name, String fix) {
        return invalid(name, "is missing", fix);
    }

    /** A refusal of a key of the object under the cursor. */
    public ProblemException invalid(String name, String detail, String fix) {
        push(name, 0);
        ProblemException invalid = invalid(detail, fix);
        depth--;
        return invalid;
    }

    public boolean isArray() {
        return cursor.token() == JsonToken.START_ARRAY;
    }

    public boolean isObject() {
        return cursor.token() == JsonToken.START_OBJECT;
    }

    public boolean isText() {
        return cursor.token() == JsonToken.VALUE_STRING;
    }

    public boolean isNumber() {
        return cursor.token().isNumeric();
    }

    public boolean isBoolean() {
        return cursor.token().isBoolean();
    }

    /** An object of known keys, at most 64, each at most once. */
    public void object(List<String> known, Member member) throws IOException {
        expect(JsonToken.START_OBJECT, "an object");
        long seen = 0;
        while (cursor.next() != JsonToken.END_OBJECT) {
            String name = cursor.name();
            push(name, 0);
            int key = known.indexOf(name);
            if (key < 0) {
                throw seenUnknown(name, known);
            }
            if ((seen & 1L << key) != 0) {
                throw invalid("is given twice", "keep one");
            }
            seen |= 1L << key;
            cursor.next();
            member.read(name);
            depth--;
        }
    }

    private ProblemException seenUnknown(String name, List<String> known) throws IOException {
        cursor.next();
        return invalid("is not known here", KnownNames.fix(name, known));
    }

    /** An object of any keys, each at most once; the member checks them. */
    public void members(Member member) throws IOException {
        expect(JsonToken.START_OBJECT, "an object");
        Set<String> seen = new HashSet<>();
        while (cursor.next() != JsonToken.END_OBJECT) {
            String name = cursor.name();
            push(name, 0);
            if (!seen.add(name)) {
                throw invalid("is given twice", "keep one");
            }
            cursor.next();
            member.read(name);
            depth--;
        }
    }

    /**
     * The id of an object that has nothing else, if it is written in the plainest way: {@code {"item":"i1"}}. Null: read it
     * as any other. A request may have a thousand.
     *
     * @param start bytes of such an object behind its brace: {@code "item":"}
     */
    public @Nullable String loneId(byte[] start) {
        return cursor.token() == JsonToken.START_OBJECT ? cursor.loneText(start, Ids.MAX_LENGTH) : null;
    }

    private void push(@Nullable String name, int index) {
        names[depth] = name;
        indexes[depth++] = index;
    }

    /** An array of {@code min..max} elements. */
    public void array(int min, int max, Element element) throws IOException {
        expect(JsonToken.START_ARRAY, "an array");
        int count = 0;
        while (cursor.next() != JsonToken.END_ARRAY) {
            if (count == max) {
                throw invalid("has more than " + max + " elements", "send " + min + ".." + max);
            }
            push(null, count);
            element.read(count++);
            depth--;
        }
        if (count < min) {
            throw invalid(count == 0 ? "is empty" : "has only " + count + " elements", "send " + min + ".." + max);
        }
    }

    /**
     * Reads the value under the cursor; what its reader refuses is handed back, and the cursor stands at the value's end
     * as if it had been read. Text that is not JSON is not handed back: nothing after it can be read.
     *
     * @param refused makes a result of the refusal
     */
    public <T> T attempt(Reader<T> reader, Function<ProblemException, T> refused) throws IOException {
        int mark = depth;
        boolean nested = cursor.token().isStructStart();
        int within = cursor.depth();
        try {
            return reader.read(this);
        } catch (ProblemException e) {
            depth = mark;
            if (nested) {
                leave(within);
            }
            return refused.apply(e);
        }
    }

    /** Goes on to the end of the container at this depth. */
    private void leave(int within) throws IOException {
        while (cursor.depth() >= within) {
            cursor.next();
        }
    }

    /** Passes over the value under the cursor. */
    public void skip() throws IOException {
        if (cursor.token().isStructStart()) {
            leave(cursor.depth());
        }
    }

    public boolean isNull() {
        return cursor.token() == JsonToken.VALUE_NULL;
    }

    /** Text of {@code min..max} characters. */
    public String text(int min, int max) throws IOException {
        expect(JsonToken.VALUE_STRING, "text");
        String text = cursor.text();
        if (text.length() < min || text.length() > max) {
            throw invalid("has " + text.length() + " characters", "send " + min + ".." + max + " characters");
        }
        if (!cursor.isPlain() && !Ids.isUnicode(text)) {
            throw invalid("has half of a surrogate pair", "send well-formed Unicode");
        }
        return text;
    }

    /** An id: text of 1..{@value Ids#MAX_LENGTH} characters without control characters. */
    public String id() throws IOException {
        String id = text(1, Ids.MAX_LENGTH);
        if (!cursor.isPlain() && Ids.hasControl(id)) {
            throw invalid("has a control character", "send an id of visible characters");
        }
        return id;
    }

    public boolean flag() throws IOException {
        if (!isBoolean()) {
            throw wrongType("true or false");
        }
        return cursor.token() == JsonToken.VALUE_TRUE;
    }

    /** A finite number. */
    public double number() throws IOException {
        if (!isNumber()) {
            throw wrongType("a number");
        }
        double value = cursor.number();
        if (!Double.isFinite(value)) {
            throw invalid("is beyond a double's range", "send a number between ±1.7e308");
        }
        return value;
    }

    public long wholeNumber(long min, long max) throws IOException {
        String range = min + ".." + max;
        expect(JsonToken.VALUE_NUMBER_INT, "a whole number");
        // A number that no long holds is outside every range here.
        boolean fits = cursor.fitsLong();
        if (!fits || cursor.wholeNumber() < min || cursor.wholeNumber() > max) {
            throw invalid("is " + cursor.text(), "send " + range);
        }
        return cursor.wholeNumber();
    }

    private void expect(JsonToken token, String wanted) throws IOException {
        if (cursor.token() != token) {
            throw wrongType(wanted);
        }
    }

    /** A refusal of the value's type. */
    public ProblemException wrongType(String wanted) {
        return invalid("is " + typeName(), wanted.isEmpty() ? "leave it out" : "send " + wanted);
    }

    private String typeName() {
        return switch (cursor.token()) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "text";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            case VALUE_NULL -> "null";
            default -> cursor.token().name();
        };
    }
}
