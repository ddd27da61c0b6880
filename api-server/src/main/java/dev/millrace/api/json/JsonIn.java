package dev.millrace.api.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.spec.KnownNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;

/**
 * A cursor over one JSON document that knows the path of what it reads. Unknown and repeated keys, wrong types, text
 * that is no Unicode, numbers beyond double and anything after the document are refused with a {@link ProblemException}.
 *
 * <p>Bounds: nesting {@value #MAX_DEPTH}, names {@value #MAX_NAME} and texts {@value #MAX_TEXT} characters, numbers
 * {@value #MAX_NUMBER}.
 */
public final class JsonIn {
    private static final int MAX_DEPTH = 16;
    private static final int MAX_NAME = 256;
    private static final int MAX_TEXT = 16_384;
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

    private final JsonParser parser;
    private final StringBuilder path;

    private JsonIn(JsonParser parser, String rootPath) {
        this.parser = parser;
        this.path = new StringBuilder(rootPath);
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

    /** A document whose tokens are told by another parser than JSON's. */
    public static Source of(JsonParser tokens) {
        return new Source() {
            @Override
            public <T> T read(Reader<T> reader) {
                try {
                    return new JsonIn(tokens, "").document(reader);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
    }

    /** @param rootPath path of the document itself, where it is one of many */
    public static <T> T read(byte[] body, int offset, int length, String rootPath, Reader<T> reader) {
        try (JsonParser parser = FACTORY.createParser(body, offset, length)) {
            JsonIn in = new JsonIn(parser, rootPath);
            return in.document(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private <T> T document(Reader<T> reader) throws IOException {
        try {
            if (parser.nextToken() == null) {
                throw invalid("is empty", "send a JSON document");
            }
            T value = reader.read(this);
            if (parser.nextToken() != null) {
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
        return path.toString();
    }

    /** A refusal of the value under the cursor. */
    public ProblemException invalid(String detail, String fix) {
        String field = path.toString();
        String subject = field.isEmpty() ? "the body " : field + " ";
        return new ProblemException(Problem.invalid(field.isEmpty() ? null : field, subject + detail, fix));
    }

    /** A refusal of a key that the object under the cursor lacks. */
    public ProblemException missing(String name, String fix) {
        int mark = push(name);
        ProblemException missing = invalid("is missing", fix);
        path.setLength(mark);
        return missing;
    }

    public boolean isArray() {
        return parser.currentToken() == JsonToken.START_ARRAY;
    }

    public boolean isObject() {
        return parser.currentToken() == JsonToken.START_OBJECT;
    }

    public boolean isText() {
        return parser.currentToken() == JsonToken.VALUE_STRING;
    }

    public boolean isNumber() {
        return parser.currentToken().isNumeric();
    }

    public boolean isBoolean() {
        return parser.currentToken().isBoolean();
    }

    /** An object of known keys, each at most once. */
    public void object(Collection<String> known, Member member) throws IOException {
        members(name -> {
            if (!known.contains(name)) {
                throw invalid("is not known here", KnownNames.fix(name, known));
            }
            member.read(name);
        });
    }

    /** An object of any keys, each at most once; the member checks them. */
    public void members(Member member) throws IOException {
        expect(JsonToken.START_OBJECT, "an object");
        Set<String> seen = new HashSet<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            int mark = push(name);
            if (!seen.add(name)) {
                throw invalid("is given twice", "keep one");
            }
            parser.nextToken();
            member.read(name);
            path.setLength(mark);
        }
    }

    private int push(String name) {
        int mark = path.length();
        if (mark > 0) {
            path.append('.');
        }
        path.append(name.length() <= SHOWN_NAME ? name : name.substring(0, SHOWN_NAME) + "…");
        return mark;
    }

    /** An array of {@code min..max} elements. */
    public void array(int min, int max, Element element) throws IOException {
        expect(JsonToken.START_ARRAY, "an array");
        int count = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (count == max) {
                throw invalid("has more than " + max + " elements", "send " + min + ".." + max);
            }
            int mark = path.length();
            path.append('[').append(count).append(']');
            element.read(count++);
            path.setLength(mark);
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
        int mark = path.length();
        boolean nested = parser.currentToken().isStructStart();
        int depth = parser.getParsingContext().getNestingDepth();
        try {
            return reader.read(this);
        } catch (ProblemException e) {
            path.setLength(mark);
            while (nested && parser.getParsingContext().getNestingDepth() >= depth) {
                parser.nextToken();
            }
            return refused.apply(e);
        }
    }

    /** Passes over the value under the cursor. */
    public void skip() throws IOException {
        var unused = parser.skipChildren();
    }

    public boolean isNull() {
        return parser.currentToken() == JsonToken.VALUE_NULL;
    }

    /** Text of {@code min..max} characters. */
    public String text(int min, int max) throws IOException {
        expect(JsonToken.VALUE_STRING, "text");
        String text = parser.getText();
        if (text.length() < min || text.length() > max) {
            throw invalid("has " + text.length() + " characters", "send " + min + ".." + max + " characters");
        }
        if (!Ids.isUnicode(text)) {
            throw invalid("has half of a surrogate pair", "send well-formed Unicode");
        }
        return text;
    }

    /** An id: text of 1..{@value Ids#MAX_LENGTH} characters without control characters. */
    public String id() throws IOException {
        String id = text(1, Ids.MAX_LENGTH);
        if (Ids.hasControl(id)) {
            throw invalid("has a control character", "send an id of visible characters");
        }
        return id;
    }

    public boolean flag() throws IOException {
        if (!isBoolean()) {
            throw wrongType("true or false");
        }
        return parser.getBooleanValue();
    }

    /** A finite number. */
    public double number() throws IOException {
        if (!isNumber()) {
            throw wrongType("a number");
        }
        double value = parser.getDoubleValue();
        if (!Double.isFinite(value)) {
            throw invalid("is beyond a double's range", "send a number between ±1.7e308");
        }
        return value;
    }

    public long wholeNumber(long min, long max) throws IOException {
        String range = min + ".." + max;
        expect(JsonToken.VALUE_NUMBER_INT, "a whole number");
        // A number that no long holds is outside every range here.
        boolean fits = parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
        if (!fits || parser.getLongValue() < min || parser.getLongValue() > max) {
            throw invalid("is " + parser.getText(), "send " + range);
        }
        return parser.getLongValue();
    }

    private void expect(JsonToken token, String wanted) throws IOException {
        if (parser.currentToken() != token) {
            throw wrongType(wanted);
        }
    }

    /** A refusal of the value's type. */
    public ProblemException wrongType(String wanted) {
        return invalid("is " + typeName(), wanted.isEmpty() ? "leave it out" : "send " + wanted);
    }

    private String typeName() {
        return switch (parser.currentToken()) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "text";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            case VALUE_NULL -> "null";
            default -> parser.currentToken().name();
        };
    }
}
