package dev.millrace.api.desk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.HandClock;
import dev.millrace.api.MovieSpec;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.api.rank.RankRequest;
import dev.millrace.api.rank.RequestIds;
import dev.millrace.ingest.feature.FeatureValue;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RankReaderTest {
    private final RankReader reader =
            new RankReader(MovieSpec.SPEC, new RequestIds(new HandClock(1_700_000_000_000L), new Random(1)));

    private RankRequest read(String json) {
        return reader.read(json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void everythingThatMayBeSaidIsRead() {
        RankRequest request = read("""
                {"requestId":"r1","user":"u1","session":"s1","context":{"device":"phone"},"limit":1,
                 "candidates":[{"features":{"price":3.5,"genres":["a","b"]},"item":"i1"},{"item":"i2"}]}""");
        assertEquals("r1", request.requestId());
        assertEquals("u1", request.user());
        assertEquals("s1", request.session());
        assertEquals(Map.of("context.device", new FeatureValue.Text("phone")), request.context());
        assertEquals(1, request.limit());
        assertEquals(
                new FeatureValue.Numeric(3.5),
                request.candidates().get(0).features().get("item.price"));
        assertEquals("i2", request.candidates().get(1).item());
    }

    @Test
    void aRequestWithoutAnIdGetsOneThatSortsByTime() {
        String first = read("{\"candidates\":[{\"item\":\"i\"}]}").requestId();
        String second = read("{\"candidates\":[{\"item\":\"i\"}]}").requestId();
        assertTrue(first.startsWith("018bcfe5-6800-7"), first);
        assertTrue(!first.equals(second), first);
    }

    private List<RankReader.Read> batch(String json) {
        return reader.batch(JsonIn.of(json.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void whatIsWrongInABatchIsToldOfItsOwnRequest() {
        List<RankReader.Read> read = batch("""
                {"requests":[{"requestId":"a","candidates":[{"item":"i"}]},
                 {"candidates":[{"item":"i","features":{"prize":{"deep":[1]}}}],"user":{"x":[]}},
                 7,
                 {"user":"u"},
                 {"requestId":"b","candidates":[{"item":"i"}]}]}""");
        assertEquals(5, read.size());
        assertEquals("a", requestId(read.get(0)));
        assertEquals("requests[1].candidates[0].features.prize", refused(read.get(1)));
        assertEquals("requests[2]", refused(read.get(2)));
        assertEquals("requests[3].candidates", refused(read.get(3)));
        assertEquals("b", requestId(read.get(4)));
    }

    private static String requestId(RankReader.Read read) {
        return Objects.requireNonNull(read.request()).requestId();
    }

    private static String refused(RankReader.Read read) {
        return String.valueOf(Objects.requireNonNull(read.refused()).problem().field());
    }

    @Test
    void aBatchHasUpToAHundredRequestsAndIsJson() {
        String one = "{\"candidates\":[{\"item\":\"i\"}]}";
        assertEquals(
                100,
                batch("{\"requests\":[" + (one + ",").repeat(99) + one + "]}").size());
        for (String bad : List.of(
                "{\"requests\":[" + (one + ",").repeat(100) + one + "]}",
                "{\"requests\":[]}",
                "{}",
                "{\"requests\":[" + one + ",{\"user\":",
                "{\"requests\":[{\"user\":7,\"context\":{]}]}")) {
            assertThrows(ProblemException.class, () -> batch(bad), bad);
        }
    }

    @Test
    void aThousandCandidatesAreReadAndOneMoreIsRefused() {
        assertEquals(1000, read(candidates(1000)).candidates().size());
        assertRefused(candidates(1001), "candidates", "1..1000");
    }

    private static String candidates(int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> "{\"item\":\"" + i + "\"}")
                .collect(Collectors.joining(",", "{\"candidates\":[", "]}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {                                                             |                                | UTF-8
                    nonsense                                                      |                                | UTF-8
                    []                                                            |                                | an object
                    {"candidates":[{"item":"i"}]} {}                              |                                | one document
                    {}                                                            | candidates                     | 1..1000
                    {"candidates":[]}                                             | candidates                     | 1..1000
                    {"candidates":{}}                                             | candidates                     | an array
                    {"candidates":["i"]}                                          | candidates[0]                  | an object
                    {"candidates":[{}]}                                           | candidates[0].item             | item's id
                    {"candidates":[{"item":7}]}                                   | candidates[0].item             | text
                    {"candidates":[{"item":""}]}                                  | candidates[0].item             | 1..128
                    {"candidates":[{"item":"a\\u0007"}]}                          | candidates[0].item             | visible
                    {"candidates":[{"item":"\\ud800"}]}                           | candidates[0].item             | Unicode
                    {"candidates":[{"item":"i"},{"item":"i"}]}                    | candidates[1].item             | once
                    {"candidates":[{"item":"i","item":"j"}]}                      | candidates[0].item             | keep one
                    {"candidates":[{"itm":"i"}]}                                  | candidates[0].itm              | did you mean 'item'?
                    {"candidates":[{"item":"i","features":{"pricee":1}}]}         | candidates[0].features.pricee  | did you mean 'price'?
                    {"candidates":[{"item":"i","features":{"price":"x"}}]}        | candidates[0].features.price   | a number
                    {"candidates":[{"item":"i","features":{"price":1e999}}]}      | candidates[0].features.price   | 1.7e308
                    {"candidates":[{"item":"i","features":{"price":null}}]}       | candidates[0].features.price   | a number
                    {"candidates":[{"item":"i","features":{"genres":[1]}}]}       | candidates[0].features.genres[0] | text
                    {"candidates":[{"item":"i","features":{"genres":{}}}]}        | candidates[0].features.genres  | array of texts
                    {"candidates":[{"item":"i","features":{"id":"x"}}]}           | candidates[0].features.id      | known: genres, price
                    {"candidates":[{"item":"i"}],"limit":0}                       | limit                          | 1..1000
                    {"candidates":[{"item":"i"}],"limit":1001}                    | limit                          | 1..1000
                    {"candidates":[{"item":"i"}],"limit":1.5}                     | limit                          | a whole number
                    {"candidates":[{"item":"i"}],"limit":99999999999999999999}    | limit                          | 1..1000
                    {"candidates":[{"item":"i"}],"user":null}                     | user                           | text
                    {"candidates":[{"item":"i"}],"usr":"u"}                       | usr                            | did you mean 'user'?
                    {"candidates":[{"item":"i"}],"context":{"devise":"x"}}        | context.devise                 | did you mean 'device'?
                    {"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":1}}}}}}}}}}}}}}}}} | a | known
                    """)
    void aBadRequestIsRefusedWithItsFieldAndTheFix(String json, String field, String fix) {
        assertRefused(json, field, fix);
    }

    @Test
    void whatIsNotUtf8IsRefused() {
        byte[] latin1 = "{\"user\":\"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1);
        byte[] utf16 = candidates(1).getBytes(StandardCharsets.UTF_16);
        assertThrows(ProblemException.class, () -> reader.read(latin1));
        assertThrows(ProblemException.class, () -> reader.read(utf16));
    }

    @Test
    void seededGarbageIsAlwaysAProblem() {
        Random random = new Random(7);
        byte[] good = candidates(3).getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 5_000; round++) {
            byte[] bad = good.clone();
            for (int i = 0; i <= random.nextInt(4); i++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            try {
                assertTrue(reader.read(bad).candidates().size() <= 3);
            } catch (ProblemException e) {
                assertEquals(400, e.problem().status());
            }
        }
    }

    /** A space makes the same of a candidate by the longer way. */
    @Test
    void whatIsReadAtOnceIsReadAlike() {
        long seed = 11;
        Random random = new Random(seed);
        String good = candidates(3);
        int read = 0;
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder(good);
            for (int i = 0; i <= random.nextInt(3); i++) {
                text.setCharAt(random.nextInt(text.length()), (char) (32 + random.nextInt(95)));
            }
            String longer = text.toString().replace("{\"item\"", "{ \"item\"");
            String expected = outcome(longer);
            assertEquals(expected, outcome(text.toString()), "seed " + seed + ": " + text);
            read += expected.startsWith("[") ? 1 : 0;
        }
        assertTrue(read > 100, read + " read, seed " + seed);
        String longest = "{\"candidates\":[{\"item\":\"" + "x".repeat(128) + "\"}]}";
        assertEquals(128, read(longest).candidates().getFirst().item().length());
        assertRefused(longest.replace("xx", "xxx"), "candidates[0].item", "1..128");
    }

    private String outcome(String json) {
        try {
            return read(json).candidates().toString();
        } catch (ProblemException e) {
            return e.problem().field() + " " + e.problem().fix();
        }
    }

    private void assertRefused(String json, String field, String fix) {
        Problem problem = assertThrows(ProblemException.class, () -> read(json)).problem();
        assertEquals(field, problem.field(), problem.toString());
        assertEquals(400, problem.status());
        assertTrue(String.valueOf(problem.fix()).contains(fix), problem.toString());
    }
}
