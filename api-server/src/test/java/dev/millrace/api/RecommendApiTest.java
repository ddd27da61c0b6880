package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.log.LogListener;
import dev.millrace.ingest.feature.EncodedEnvelope;
import dev.millrace.ingest.proto.Action;
import dev.millrace.ingest.proto.Envelope;
import dev.millrace.ingest.proto.Impression;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Recommending over HTTP, with a history that is told by hand. */
class RecommendApiTest {
    private static final String RECOMMEND = "/v1/models/movies/recommend";

    private final MemoryLog log = new MemoryLog();
    private final MemoryLog history = new MemoryLog();
    private final FixedWeights weights = new FixedWeights();
    private ApiServer server;
    private HttpCalls calls;

    @BeforeEach
    void start() {
        server = ApiServer.start(
                ApiConfig.of("nowhere:1").withPort(0),
                new Wiring(
                        Map.of("movies", weights),
                        new MemoryProfiles(),
                        Map.of(),
                        log,
                        log::tail,
                        history::tail,
                        List.of(),
                        Clock.systemUTC()));
        calls = new HttpCalls(server.port());
    }

    @AfterEach
    void stop() {
        server.close();
        calls.close();
    }

    private void liked(String user, String... items) {
        LogListener listener = java.util.Objects.requireNonNull(history.listener);
        String request = "shown to " + user;
        Impression impression = Impression.newBuilder()
                .setRequestId(request)
                .setModel("movies")
                .setUser(user)
                .setSession("s")
                .build();
        byte[] bytes = Envelope.newBuilder().setImpression(impression).build().toByteArray();
        EncodedEnvelope.impression(bytes).ifPresent(listener::impression);
        for (String item : items) {
            listener.action(Action.newBuilder()
                    .setRequestId(request)
                    .setType("like")
                    .setItem(item)
                    .setTimeMs(System.currentTimeMillis())
                    .build());
        }
    }

    private void store(String item, double price, String genre) throws Exception {
        String features = "{\"features\":{\"price\":" + price + ",\"genres\":[\"" + genre + "\",\"all\"]}}";
        assertEquals(204, calls.put("/v1/items/" + item, features).statusCode());
    }

    private List<String> recommended(String body) throws Exception {
        HttpResponse<String> answer = calls.post(RECOMMEND, body);
        assertEquals(200, answer.statusCode(), answer.body());
        List<String> items = new ArrayList<>();
        Pattern.compile("\"item\":\"([^\"]+)\"")
                .matcher(answer.body())
                .results()
                .forEach(m -> items.add(m.group(1)));
        return items;
    }

    @Test
    void anEmptyCatalogueIsAnEmptyAnswerThatIsNotLogged() throws Exception {
        HttpResponse<String> answer = calls.post(RECOMMEND, "{\"requestId\":\"none\",\"user\":\"u\"}");
        assertEquals(
                "{\"requestId\":\"none\",\"model\":\"movies\",\"modelVersion\":0,\"candidates\":0,\"items\":[]}",
                answer.body());
        assertEquals(List.of(), log.impressions);
    }

    @Test
    void anUnknownPersonGetsWhatIsStoredAndPopularRanked() throws Exception {
        store("a", 0.2, "x");
        store("b", 0.9, "x");
        store("c", 0.5, "y");
        liked("somebody", "a", "gone");
        HttpResponse<String> answer = calls.post(RECOMMEND, "{\"requestId\":\"q\",\"user\":\"new\",\"limit\":2}");
        assertTrue(
                answer.body()
                        .startsWith("{\"requestId\":\"q\",\"model\":\"movies\",\"modelVersion\":0,\"candidates\":3,"
                                + "\"items\":[{\"item\":\"b\",\"score\":0.9,\"propensity\":1.0,\"sources\":["),
                answer.body());
        assertTrue(answer.body().contains("\"item\":\"c\""), answer.body());
        Impression logged = log.impressions.getFirst();
        assertEquals("q", logged.getRequestId());
        assertEquals(2, logged.getItemsCount());
        // The same again is the same answer, though the catalogue changed; something else under its id is refused.
        store("d", 1, "x");
        assertEquals(List.of("b", "c"), recommended("{\"requestId\":\"q\",\"user\":\"new\",\"limit\":2}"));
        assertEquals(1, log.impressions.size());
        assertEquals(
                409, calls.post(RECOMMEND, "{\"requestId\":\"q\",\"limit\":2}").statusCode());
    }

    @Test
    void whatWasSeenExcludedUntaggedOrDeletedIsLeftOut() throws Exception {
        store("a", 0.9, "x");
        store("b", 0.8, "x");
        store("c", 0.7, "y");
        store("d", 0.6, "x");
        liked("u", "a");
        liked("v", "a", "d");
        assertEquals(List.of("b", "c", "d"), recommended("{\"user\":\"u\"}"));
        assertEquals(List.of("a", "b", "c", "d"), recommended("{\"user\":\"u\",\"withSeen\":true}"));
        assertEquals(List.of("c", "d"), recommended("{\"user\":\"u\",\"exclude\":[\"b\",\"zzz\"]}"));
        assertEquals(List.of("b", "d"), recommended("{\"user\":\"u\",\"tags\":{\"genres\":[\"x\",\"z\"]}}"));
        assertEquals(List.of("c"), recommended("{\"user\":\"u\",\"tags\":{\"genres\":\"y\"}}"));
        assertEquals(List.of(), recommended("{\"user\":\"u\",\"tags\":{\"genres\":\"all\",\"title\":\"t\"}}"));
        String together = calls.post(RECOMMEND, "{\"user\":\"u\"}").body();
        assertTrue(together.contains("\"sources\":[\"together\",\"popular\",\"recent\"]"), together);
        assertEquals(204, calls.send("DELETE", "/v1/items/b", "", "").statusCode());
        assertEquals(List.of("c", "d"), recommended("{\"user\":\"u\"}"));
    }

    @Test
    void withoutAnythingStoredWhatPeopleActedOnIsTheCatalogue() throws Exception {
        liked("u", "a", "b");
        liked("v", "b");
        assertEquals(List.of("b", "a"), recommended("{}"));
        assertEquals(List.of("a"), recommended("{\"user\":\"v\"}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"usr":"u"}                        | usr             | user
            {"limit":0}                        | limit           | 1..1000
            {"exclude":[7]}                    | exclude[0]      | text
            {"tags":{"genres":[]}}             | tags.genres     | 1..64
            {"tags":{"a-b":"x"}}               | tags.a-b        | letters
            {"tags":{"genres":7}}              | tags.genres     | array
            {"withSeen":1}                     | withSeen        | true or false
            {"context":{"devise":"x"}}         | context.devise  | device
            """)
    void whatIsWrongIsNamed(String body, String field, String fix) throws Exception {
        HttpResponse<String> refused = calls.post(RECOMMEND, body);
        assertEquals(400, refused.statusCode(), refused.body());
        assertTrue(refused.body().contains("\"field\":\"" + field + "\""), refused.body());
        assertTrue(refused.body().contains(fix), refused.body());
    }
}
