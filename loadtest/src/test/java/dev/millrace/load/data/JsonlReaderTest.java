package dev.millrace.load.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.load.data.RecordedProfile.Side;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonlReaderTest {
    private static final String RANK = """
            {"time": 10, "rank": {"requestId": "a", "user": "u1", "candidates": [{"item": "i1"}, {"item": "i2"}]}}
            """;

    @TempDir
    Path folder;

    private Recording read(String text) throws IOException {
        return Dataset.JSONL.read(Files.writeString(folder.resolve("log.jsonl"), text));
    }

    @Test
    void readsTheApisOwnShapesInTheOrderOfTheirTimes() throws IOException {
        Recording recording = read("""
                {"time": 1, "user": {"id": "u1", "features": {"age": 24, "vip": true, "tags": ["a", "b"]}}}
                {"time": "1970-01-01T00:00:00.030Z", "event": {"requestId": "a", "item": "i2", "type": "click", "value": 2}}
                {"time": 40, "user": {"id": "u1", "features": {"age": 25}}}
                {"item": {"id": "i9", "features": {}}}

                {"time": 50, "rank": {"requestId": "b", "user": "u1", "context": {"device": "phone"}, "limit": 1,
                """.stripTrailing() + """
                 "candidates": [{"item": "i9", "features": {"price": 3.5}}]}}
                {"rank": {"requestId": "c", "candidates": [{"item": "i9"}]}}
                """ + RANK);

        assertEquals(
                List.of("a", "b", "c"),
                recording.requests().stream().map(one -> one.rank().requestId()).toList());
        assertEquals(
                List.of(new RecordedProfile(
                        Side.USER, "u1", Map.of("age", 24, "vip", true, "tags", List.of("a", "b")))),
                recording.profiles());
        assertEquals(
                List.of(new RecordedAction("i2", "click", 2.0)),
                recording.requests().getFirst().actions());
        RecordedRequest second = recording.requests().get(1);
        assertEquals(
                List.of("u1", "i9"),
                second.before().stream().map(RecordedProfile::id).toList());
        assertEquals(Map.of("device", "phone"), second.rank().context());
        assertEquals(Map.of("price", 3.5), second.rank().candidates().getFirst().features());
        assertEquals(2, recording.sessions().size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"time": 20, "event": {"requestId": "x", "item": "i1", "type": "click"}} | log.jsonl:2: event.requestId 'x' names no rank before it
                    {"event": {"requestId": "a", "item": "i7", "type": "click"}} | log.jsonl:2: event.item 'i7' is no candidate of rank 'a'
                    {"event": {"requestId": "a", "item": "i1"}} | log.jsonl:2: event.type is missing
                    {"rank": {"requestId": "a", "candidates": [{"item": "i1"}]}} | log.jsonl:2: rank.requestId 'a' is there twice
                    {"rank": {"requestId": "b", "candidates": []}} | log.jsonl:2: rank.candidates should be a list of 1..1000
                    {"rank": {"requestId": "b", "candidates": [{"item": 5}]}} | log.jsonl:2: rank.candidates[0].item should be text of 1..128 characters
                    {"rank": {"requestId": "b", "candidate": []}} | log.jsonl:2: unknown key rank.candidate; known: candidates, context, limit, requestId, session, user
                    {"user": {"id": "u", "features": {"a": {}}}} | log.jsonl:2: user.features.a should be text, a number, true, false or a list of text
                    {"time": "now", "item": {"id": "i", "features": {}}} | log.jsonl:2: time should be milliseconds since the epoch, or ISO-8601 like 2026-01-31T12:00:00Z
                    {"time": 5} | log.jsonl:2: has [], exactly one of user, item, rank, event expected
                    [] | log.jsonl:2: the line should be an object
                    """)
    void errorsNameTheLineAndTheField(String line, String message) {
        var wrong = assertThrows(RecordingException.class, () -> read(RANK + line + "\n"));
        assertEquals(message, wrong.getMessage());
    }
}
