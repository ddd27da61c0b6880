package dev.millrace.api.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import dev.millrace.ingest.proto.api.Candidate;
import dev.millrace.ingest.proto.api.RankBatchRequest;
import dev.millrace.ingest.proto.api.RankRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A message has the tokens of the JSON that protobuf's own printer makes of it. */
class MessageCursorTest {
    private static final Value TEXT = Value.newBuilder().setStringValue("é").build();

    private static List<String> tokens(JsonCursor cursor) throws IOException {
        List<String> tokens = new ArrayList<>();
        for (JsonToken token = cursor.next(); token != null; token = cursor.next()) {
            String value = switch (token) {
                case FIELD_NAME -> cursor.name();
                case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> cursor.text();
                default -> "";
            };
            tokens.add(token + " " + value + " " + cursor.depth());
        }
        return tokens;
    }

    @Test
    void aMessageReadsAsItsJson() throws IOException {
        RankRequest rank = RankRequest.newBuilder()
                .setUser("u")
                .putContext("device", TEXT)
                .addCandidates(Candidate.newBuilder().setItem("a"))
                .addCandidates(Candidate.getDefaultInstance())
                .addCandidates(Candidate.newBuilder().putFeatures("tag", TEXT))
                .addCandidates(Candidate.newBuilder()
                        .setItem("b")
                        .putFeatures(
                                "price", Value.newBuilder().setNumberValue(.5).build())
                        .putFeatures(
                                "new", Value.newBuilder().setBoolValue(true).build())
                        .putFeatures(
                                "gone",
                                Value.newBuilder()
                                        .setNullValue(NullValue.NULL_VALUE)
                                        .build())
                        .putFeatures(
                                "tags",
                                Value.newBuilder()
                                        .setListValue(ListValue.newBuilder().addValues(TEXT))
                                        .build()))
                .setLimit(3)
                .build();
        RankBatchRequest batch = RankBatchRequest.newBuilder()
                .setModel("m")
                .addRequests(rank)
                .addRequests(RankRequest.getDefaultInstance())
                .build();
        String json = JsonFormat.printer().print(batch);
        assertEquals(
                tokens(new JacksonCursor(new JsonFactory().createParser(json))),
                tokens(MessageCursor.of(batch, List.of())));
    }

    private static final byte[] ITEM = "\"item\":\"".getBytes(StandardCharsets.US_ASCII);

    private static MessageCursor atCandidate(Candidate candidate) {
        MessageCursor cursor = MessageCursor.of(
                RankRequest.newBuilder().addCandidates(candidate).build(), List.of());
        while (cursor.next() != JsonToken.START_ARRAY) {
            assertEquals(1, cursor.depth());
        }
        assertEquals(JsonToken.START_OBJECT, cursor.next());
        return cursor;
    }

    @Test
    void aCandidateThatIsNothingButAPlainItemIsReadAtOnce() {
        MessageCursor cursor = atCandidate(Candidate.newBuilder().setItem("i1").build());
        assertNull(cursor.loneText(ITEM, 1), "too long: read as any other, and refused there");
        assertNull(cursor.loneText("\"user\":\"".getBytes(StandardCharsets.US_ASCII), 9));
        assertEquals("i1", cursor.loneText(ITEM, 9));
        assertEquals(JsonToken.END_OBJECT, cursor.token());
        assertEquals(2, cursor.depth());
        assertEquals(JsonToken.END_ARRAY, cursor.next());
    }

    @Test
    void otherCandidatesAreReadTokenByToken() {
        for (Candidate candidate : List.of(
                Candidate.getDefaultInstance(),
                Candidate.newBuilder().setItem("é").build(),
                Candidate.newBuilder().setItem("a\nb").build(),
                Candidate.newBuilder().setItem("a").putFeatures("tag", TEXT).build())) {
            MessageCursor cursor = atCandidate(candidate);
            assertNull(cursor.loneText(ITEM, 9));
            assertEquals(candidate.getItem().isEmpty() ? JsonToken.END_OBJECT : JsonToken.FIELD_NAME, cursor.next());
        }
    }
}
