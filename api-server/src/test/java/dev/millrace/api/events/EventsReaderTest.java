package dev.millrace.api.events;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.HandClock;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventsReaderTest {
    private static final long NOW = 1_700_000_000_000L;
    private static final String GOOD = "{\"type\":\"like\",\"requestId\":\"r\",\"item\":\"i\"}";

    private final EventsReader reader = new EventsReader(new HandClock(NOW), Duration.ofSeconds(10));

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private List<NewEvent> json(byte[] body) {
        return reader.json(JsonIn.of(body));
    }

    @Test
    void oneEventMayLeaveOutIdValueAndTime() {
        assertEquals(List.of(new NewEvent("", null, "like", "r", "i", 1, NOW)), json(bytes(GOOD)));
    }

    @Test
    void anArrayMayGiveEverything() {
        String json = """
                [{"id":"e1","type":"like","requestId":"r","item":"i","value":2.5,"time":1699999999999},
                 {"id":"e2","type":"like","requestId":"r","item":"i","time":"2023-11-14T23:13:20+01:00"}]""";
        assertEquals(
                List.of(
                        new NewEvent("[0]", "e1", "like", "r", "i", 2.5, NOW - 1),
                        new NewEvent("[1]", "e2", "like", "r", "i", 1, NOW)),
                json(bytes(json)));
    }

    @Test
    void linesAreReadAndEmptyOnesSkipped() {
        assertEquals(
                3, reader.lines(bytes(GOOD + "\r\n\n" + GOOD + "\n  \n" + GOOD)).size());
    }

    @Test
    void aThousandEventsAreReadAndOneMoreIsRefused() {
        assertEquals(
                1000, json(bytes("[" + (GOOD + ",").repeat(999) + GOOD + "]")).size());
        assertEquals(1000, reader.lines(bytes((GOOD + "\n").repeat(1000))).size());
        assertRefused(this::json, "[" + (GOOD + ",").repeat(1000) + GOOD + "]", null, "1..1000");
        assertRefused(reader::lines, (GOOD + "\n").repeat(1001), null, "1..1000");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    7                                                                       |           | an event or an array
                    []                                                                      |           | 1..1000
                    {"requestId":"r","item":"i"}                                            | type      | what the person did
                    {"type":"like","item":"i"}                                              | requestId | the rank answer
                    {"type":"like","requestId":"r"}                                         | item      | the id of the item
                    {"typ":"like"}                                                          | typ       | did you mean 'type'?
                    {"type":"like","requestId":"r","item":"i","value":"1"}                  | value     | a number
                    {"type":"like","requestId":"r","item":"i","time":1700000010001}         | time      | 10000 ms ahead
                    {"type":"like","requestId":"r","item":"i","time":1700000000}            | time      | milliseconds, not seconds
                    {"type":"like","requestId":"r","item":"i","time":1.5}                   | time      | a whole number
                    {"type":"like","requestId":"r","item":"i","time":"yesterday"}           | time      | 2026-01-31T12:00:00Z
                    {"type":"like","requestId":"r","item":"i","time":true}                  | time      | milliseconds since the epoch
                    [{"type":"like","requestId":"r","item":"i"},{"type":"like","requestId":"r"}] | [1].item | the id of the item
                    {"type":"like","requestId":"r","item":"i","type":"like"}                | type      | keep one
                    """)
    void aBadEventIsRefusedWithItsFieldAndTheFix(String json, String field, String fix) {
        assertRefused(this::json, json, field, fix);
    }

    @Test
    void aBadLineIsNamedByItsPlaceAmongTheEvents() {
        assertRefused(reader::lines, GOOD + "\n\n{\"type\":3}", "[1].type", "text");
        assertRefused(reader::lines, GOOD + "\n{", "[1]", "UTF-8");
        assertRefused(reader::lines, GOOD + " " + GOOD, "[0]", "one document");
        assertRefused(reader::lines, " \n", null, "one a line");
    }

    private static final String CLOUD = """
            {"specversion":"1.0","id":"e1","source":"/shop","type":"like","time":"2023-11-14T22:13:19.999Z",
             "datacontenttype":"application/json","traceparent":"00-1-2-03","data":{"requestId":"r","item":"i","value":2}}""";

    private List<NewEvent> cloudEvent(byte[] body) {
        return reader.cloudEvent(JsonIn.of(body));
    }

    private List<NewEvent> cloudEvents(byte[] body) {
        return reader.cloudEvents(JsonIn.of(body));
    }

    @Test
    void aCloudEventIsAnActionWhoseItemMayBeItsSubject() {
        NewEvent read = new NewEvent("", "e1", "like", "r", "i", 2, NOW - 1);
        assertEquals(List.of(read), cloudEvent(bytes(CLOUD)));
        String subject = CLOUD.replace("\"item\":\"i\",", "").replace("\"type\"", "\"subject\":\"i\",\"type\"");
        assertEquals(List.of(read), cloudEvent(bytes(subject)));
        String ours =
                CLOUD.replace("\"like\"", "\"com.shop.liked\"").replace("\"value\"", "\"type\":\"like\",\"value\"");
        assertEquals(List.of(read), cloudEvent(bytes(ours)));
        List<NewEvent> two = cloudEvents(bytes("[" + CLOUD + "," + CLOUD.replace("e1", "e2") + "]"));
        assertEquals(List.of("e1", "e2"), two.stream().map(NewEvent::id).toList());
        assertEquals("[1]", two.get(1).path());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    "specversion":"1.0"     | "specversion":"0.3"   | specversion     | 1.0
                    "specversion":"1.0",    | ''                    | specversion     | 1.0
                    "source":"/shop",       | ''                    | source          | URI
                    "id":"e1",              | ''                    | id              | no other event
                    "type":"like",          | ''                    | type            | click
                    "requestId":"r",        | ''                    | data.requestId  | rank answer
                    "item":"i",             | ''                    | data.item       | subject
                    application/json        | text/xml              | datacontenttype | application/json
                    "traceparent"           | "traceParent"         | traceParent     | a-z
                    "00-1-2-03"             | ["00"]                | traceparent     | plain
                    "value":2               | "valu":2              | data.valu       | value
                    """)
    void aBadCloudEventIsRefusedWithItsFieldAndTheFix(String part, String instead, String field, String fix) {
        String bad = CLOUD.replace(part, instead);
        assertRefused(this::cloudEvent, bad, field, fix);
        assertRefused(this::cloudEvents, "[" + CLOUD + "," + bad + "]", "[1]." + field, fix);
    }

    private static void assertRefused(
            Function<byte[], List<NewEvent>> read,
            String text,
            @org.jspecify.annotations.Nullable String field,
            String fix) {
        Problem problem = assertThrows(ProblemException.class, () -> read.apply(bytes(text)))
                .problem();
        assertEquals(field, problem.field(), problem.toString());
        assertTrue(String.valueOf(problem.fix()).contains(fix), problem.toString());
    }
}
