package dev.millrace.api.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Any document, and exact words for what is wrong with one. */
record JacksonCursor(JsonParser parser) implements JsonCursor {
    @Override
    public @Nullable JsonToken next() throws IOException {
        return parser.nextToken();
    }

    @Override
    public JsonToken token() {
        return parser.currentToken();
    }

    @Override
    public int depth() {
        return parser.getParsingContext().getNestingDepth();
    }

    @Override
    public String name() throws IOException {
        return parser.currentName();
    }

    @Override
    public String text() throws IOException {
        return parser.getText();
    }

    @Override
    public boolean isPlain() {
        return false;
    }

    @Override
    public double number() throws IOException {
        return parser.getDoubleValue();
    }

    @Override
    public boolean fitsLong() throws IOException {
        return parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    }

    @Override
    public long wholeNumber() throws IOException {
        return parser.getLongValue();
    }
}
