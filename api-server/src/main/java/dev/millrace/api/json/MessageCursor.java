package dev.millrace.api.json;

import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.ListValue;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import dev.millrace.ingest.proto.api.Candidate;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that a protobuf message would have as JSON (proto3's mapping), without the text: whoever reads JSON reads
 * messages, with the same checks and the same names in what it refuses. A field that is not set is not there.
 */
final class MessageCursor implements JsonCursor {
    private final List<JsonToken> tokens = new ArrayList<>();
    private final List<Object> values = new ArrayList<>();
    private int at = -1;
    private int depth;
    /** Within a lone candidate: its name, its text, its end; 0: at any token. */
    private int within;

    /** What follows the start of a candidate that has nothing but its item; its text is the start's value. */
    private static final List<JsonToken> LONE =
            List.of(JsonToken.START_OBJECT, JsonToken.FIELD_NAME, JsonToken.VALUE_STRING, JsonToken.END_OBJECT);

    private static final int LONE_END = 3;

    private static final Object NOTHING = "";
    private static final String ITEM = name(Candidate.ITEM_FIELD_NUMBER);
    private static final String FEATURES = name(Candidate.FEATURES_FIELD_NUMBER);

    private static final byte[] LONE_ITEM = ("\"" + ITEM + "\":\"").getBytes(StandardCharsets.US_ASCII);

    private static String name(int field) {
        return Candidate.getDescriptor().findFieldByNumber(field).getJsonName();
    }

    /** @param without names of fields that are left out */
    static MessageCursor of(Message message, List<String> without) {
        MessageCursor cursor = new MessageCursor();
        cursor.message(message, without);
        return cursor;
    }

    /** Of a message's one field: an array, where it is repeated. */
    static MessageCursor ofField(Message message, String name) {
        MessageCursor cursor = new MessageCursor();
        FieldDescriptor field = message.getDescriptorForType().findFieldByName(name);
        cursor.field(field, message.getField(field));
        return cursor;
    }

    private void add(JsonToken token, Object value) {
        tokens.add(token);
        values.add(value);
    }

    private void message(Message message, List<String> without) {
        switch (message) {
            case Value value -> any(value);
            case ListValue list -> list(list.getValuesList());
            case Struct struct -> object(struct.getFieldsMap());
            case Timestamp time -> add(JsonToken.VALUE_STRING, text(time));
            case Candidate candidate -> candidate(candidate);
            default -> {
                add(JsonToken.START_OBJECT, NOTHING);
                for (Map.Entry<FieldDescriptor, Object> field :
                        message.getAllFields().entrySet()) {
                    String name = field.getKey().getJsonName();
                    if (!without.contains(name)) {
                        add(JsonToken.FIELD_NAME, name);
                        field(field.getKey(), field.getValue());
                    }
                }
                add(JsonToken.END_OBJECT, NOTHING);
            }
        }
    }

    /** As any message, without looking for its fields: a request may have a thousand. Most are one entry. */
    private void candidate(Candidate candidate) {
        String item = candidate.getItem();
        if (!item.isEmpty() && candidate.getFeaturesCount() == 0) {
            add(JsonToken.START_OBJECT, item);
            return;
        }
        add(JsonToken.START_OBJECT, NOTHING);
        if (!item.isEmpty()) {
            add(JsonToken.FIELD_NAME, ITEM);
            add(JsonToken.VALUE_STRING, item);
        }
        if (candidate.getFeaturesCount() > 0) {
            add(JsonToken.FIELD_NAME, FEATURES);
            object(candidate.getFeaturesMap());
        }
        add(JsonToken.END_OBJECT, NOTHING);
    }

    /** What is beyond a calendar is no time, as its reader will find. */
    private static String text(Timestamp time) {
        try {
            return Instant.ofEpochSecond(time.getSeconds(), time.getNanos()).toString();
        } catch (DateTimeException e) {
            return Long.toString(time.getSeconds());
        }
    }

    private void field(FieldDescriptor field, Object value) {
        if (field.isMapField()) {
            add(JsonToken.START_OBJECT, NOTHING);
            for (Object entry : (List<?>) value) {
                MapEntry<?, ?> one = (MapEntry<?, ?>) entry;
                add(JsonToken.FIELD_NAME, String.valueOf(one.getKey()));
                one(one.getValue());
            }
            add(JsonToken.END_OBJECT, NOTHING);
        } else if (field.isRepeated()) {
            add(JsonToken.START_ARRAY, NOTHING);
            ((List<?>) value).forEach(this::one);
            add(JsonToken.END_ARRAY, NOTHING);
        } else {
            one(value);
        }
    }

    private void one(Object value) {
        switch (value) {
            case Message message -> message(message, List.of());
            case String text -> add(JsonToken.VALUE_STRING, text);
            case Boolean flag -> add(flag ? JsonToken.VALUE_TRUE : JsonToken.VALUE_FALSE, flag);
            case Integer number -> add(JsonToken.VALUE_NUMBER_INT, number.longValue());
            case Long number -> add(JsonToken.VALUE_NUMBER_INT, number);
            case Float number -> number(number);
            case Double number -> number(number);
            case EnumValueDescriptor name -> add(JsonToken.VALUE_STRING, name.getName());
            case ByteString bytes -> throw new IllegalArgumentException("no message of the API has bytes");
            default -> throw new IllegalArgumentException("no JSON of a " + value.getClass());
        }
    }

    private void number(double number) {
        boolean whole = number == Math.rint(number) && Math.abs(number) < Long.MAX_VALUE;
        add(whole ? JsonToken.VALUE_NUMBER_INT : JsonToken.VALUE_NUMBER_FLOAT, number);
    }

    private void any(Value value) {
        switch (value.getKindCase()) {
            case NUMBER_VALUE -> number(value.getNumberValue());
            case STRING_VALUE -> add(JsonToken.VALUE_STRING, value.getStringValue());
            case BOOL_VALUE -> one(value.getBoolValue());
            case STRUCT_VALUE -> object(value.getStructValue().getFieldsMap());
            case LIST_VALUE -> list(value.getListValue().getValuesList());
            case NULL_VALUE, KIND_NOT_SET -> add(JsonToken.VALUE_NULL, NOTHING);
        }
    }

    private void object(Map<String, Value> fields) {
        add(JsonToken.START_OBJECT, NOTHING);
        fields.forEach((name, value) -> {
            add(JsonToken.FIELD_NAME, name);
            any(value);
        });
        add(JsonToken.END_OBJECT, NOTHING);
    }

    private void list(List<Value> values) {
        add(JsonToken.START_ARRAY, NOTHING);
        values.forEach(this::any);
        add(JsonToken.END_ARRAY, NOTHING);
    }

    @Override
    public @Nullable JsonToken next() {
        if (within < LONE_END && isLone()) {
            within++;
        } else if (++at < tokens.size()) {
            within = 0;
        } else {
            return null;
        }
        JsonToken token = token();
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        return token;
    }

    private boolean isLone() {
        return at >= 0
                && tokens.get(at) == JsonToken.START_OBJECT
                && !values.get(at).equals(NOTHING);
    }

    @Override
    public JsonToken token() {
        return within == 0 ? tokens.get(at) : LONE.get(within);
    }

    @Override
    public @Nullable String loneText(byte[] start, int longest) {
        if (within != 0 || !isLone() || !Arrays.equals(start, LONE_ITEM)) {
            return null;
        }
        String text = (String) values.get(at);
        if (text.length() > longest || !isPlain(text)) {
            return null;
        }
        within = LONE_END;
        depth--;
        return text;
    }

    /** Printable ASCII. */
    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    @Override
    public int depth() {
        return depth;
    }

    /** Of a field's value, and of the field itself. */
    @Override
    public String name() {
        if (within > 0) {
            return ITEM;
        }
        for (int i = at; i >= 0; i--) {
            if (tokens.get(i) == JsonToken.FIELD_NAME) {
                return (String) values.get(i);
            }
        }
        return "";
    }

    @Override
    public String text() {
        Object value = values.get(at);
        return value instanceof Double number && number == Math.rint(number)
                ? Long.toString(number.longValue())
                : value.toString();
    }

    @Override
    public boolean isPlain() {
        return false;
    }

    @Override
    public double number() {
        return ((Number) values.get(at)).doubleValue();
    }

    @Override
    public boolean fitsLong() {
        return true;
    }

    @Override
    public long wholeNumber() {
        return ((Number) values.get(at)).longValue();
    }
}
