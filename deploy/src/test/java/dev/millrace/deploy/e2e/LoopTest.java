package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.deploy.page.ApiPageChecks;
import dev.millrace.deploy.page.LivePageChecks;
import dev.millrace.ingest.feature.FeatureCodec;
import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.ShownItem;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.load.client.Candidate;
import dev.millrace.load.client.ModelInfo;
import dev.millrace.load.client.RankAnswer;
import dev.millrace.load.client.RankRequest;
import dev.millrace.load.client.Trace;
import dev.millrace.load.client.TraceStatus;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.LinearModel;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Rank, feedback, changed score, live page. */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LoopTest {
    private Service service;

    @BeforeAll
    void start(@TempDir Path data) throws IOException, InterruptedException, TimeoutException {
        service = Service.start(data);
    }

    @AfterAll
    void stop() {
        service.close();
    }

    private static double score(RankAnswer answer, String item) {
        return answer.items().stream()
                .filter(i -> i.item().equals(item))
                .findFirst()
                .orElseThrow()
                .score();
    }

    private static long at(@Nullable Long reached) {
        return Objects.requireNonNull(reached);
    }

    @Test
    void whatAPersonLikedScoresHigherASecondLater() throws InterruptedException {
        RankAnswer before = service.rank("loop-1", "anna", "hat", "shoe");
        service.act("loop-e1", "like", "loop-1", "shoe");
        Trace trace = service.settled("loop-e1");
        assertEquals(TraceStatus.SERVED, trace.status());
        assertTrue(at(trace.acceptedAt()) <= at(trace.joinedAt()), trace.toString());
        assertTrue(at(trace.learnedAt()) <= at(trace.servedAt()), trace.toString());
        RankAnswer after = service.rank("loop-2", "anna", "hat", "shoe");
        assertTrue(score(after, "shoe") > score(before, "shoe"));
        assertEquals("shoe", after.items().getFirst().item());
        assertTrue(after.modelVersion() >= at(trace.modelVersion()), "scored by the version that learned it");
    }

    @Test
    void whatWasPassedOverBecomesANegativeThoughNobodyRanksAnyMore() throws InterruptedException {
        RankAnswer before = service.rank("absent-1", "ben", "dull");
        Awaitility.await().atMost(Service.PATIENCE).until(() -> {
            // A look at the model, no rank: only heartbeats carry event time on.
            long id = SampleIds.of(Service.MODEL, "absent-1", "dull", 0);
            return Log.samples(service.bootstrapServers()).stream().anyMatch(block -> holds(block, id, 0f));
        });
        Awaitility.await()
                .atMost(Service.PATIENCE)
                .until(() -> score(service.rank("absent-2", "ben", "dull"), "dull") < score(before, "dull"));
    }

    private static boolean holds(SampleBlock block, long sampleId, float label) {
        for (int i = 0; i < block.size(); i++) {
            if (block.sampleId(i) == sampleId && block.label(i) == label) {
                return true;
            }
        }
        return false;
    }

    /** Contract 1, through the running system: raw features as served → the vector that scored = the vector learned. */
    @Test
    void theVectorInTheSampleIsTheVectorThatWasScored() throws IOException, InterruptedException {
        long seed = 3;
        Random random = new Random(seed);
        service.client.putUser("carl", Map.of("age", 31));
        service.client.putItem("book", Map.of("tags", List.of("new", "blue"), "title", "A blue Book", "price", 12.5));
        service.client.putItem("lamp", Map.of("tags", List.of("old"), "price", 80));
        for (int i = 0; i < 30; i++) {
            List<Candidate> candidates = List.of(
                    Candidate.of("book"),
                    new Candidate("lamp", Map.of("price", 1 + random.nextInt(100))),
                    Candidate.of("unheard-of"));
            service.client.rank(
                    Service.MODEL,
                    new RankRequest("vector-" + i, "carl", "s", Map.of("device", "phone"), candidates, 2));
            service.act("vector-e" + i, random.nextBoolean() ? "like" : "dislike", "vector-" + i, "lamp");
            service.settled("vector-e" + i);
        }
        Map<Long, Sampled> samples = samples();
        List<Delta> deltas = Log.deltas(service.bootstrapServers());
        int compared = 0;
        for (Impression impression : Log.impressions(service.bootstrapServers())) {
            for (ShownItem item : impression.getItemsList()) {
                long id = SampleIds.of(Service.MODEL, impression.getRequestId(), item.getItem(), 0);
                Sampled sample = samples.get(id);
                if (sample != null) {
                    FeatureVector scored = vector(impression, item);
                    assertEquals(flat(scored), sample.vector(), impression.getRequestId());
                    assertEquals(item.getScore(), sample.servedScore());
                    assertEquals(scoreAt(sample.modelVersion(), deltas, scored), item.getScore(), "seed " + seed);
                    compared++;
                }
            }
        }
        assertTrue(compared >= 30, compared + " compared");
    }

    private record Sampled(List<Float> vector, float servedScore, long modelVersion) {}

    private Map<Long, Sampled> samples() {
        Map<Long, Sampled> samples = new HashMap<>();
        for (SampleBlock block : Log.samples(service.bootstrapServers())) {
            for (int i = 0; i < block.size(); i++) {
                samples.put(
                        block.sampleId(i), new Sampled(flat(block, i), block.servedScore(i), block.modelVersion(i)));
            }
        }
        return samples;
    }

    private static FeatureVector vector(Impression impression, ShownItem item) {
        RawFeatures request = FeatureCodec.decode(impression.getFeatures(), impression.getNamesList());
        RawFeatures ofItem = FeatureCodec.decode(item.getFeatures(), impression.getNamesList());
        Vectorizer vectorizer = new Vectorizer(Service.SPEC.spec());
        Vectorizer.Request hashed = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        vectorizer.request(request, hashed, vector);
        vectorizer.item(ofItem, hashed, vector);
        return vector;
    }

    /** The score by the weights that the delta log says stood at a version. */
    private static float scoreAt(long version, List<Delta> deltas, FeatureVector vector) {
        Map<Long, Float> weights = new HashMap<>();
        for (Delta delta : deltas) {
            for (int i = 0; i < delta.keys().length && delta.header().sequence() <= version; i++) {
                weights.put(delta.keys()[i], delta.weights()[i]);
            }
        }
        LinearModel model = new LinearModel(Service.SPEC.spec());
        return LinearModel.sigmoid(model.logit(vector, 0, vector.size(), 0f, key -> weights.getOrDefault(key, 0f)));
    }

    /** Id halves and value bits of every feature, to compare exactly. */
    private static List<Float> flat(FeatureVector vector) {
        List<Float> flat = new ArrayList<>();
        for (int i = 0; i < vector.size(); i++) {
            add(flat, vector.id(i), vector.value(i));
        }
        return flat;
    }

    private static List<Float> flat(SampleBlock block, int sample) {
        List<Float> flat = new ArrayList<>();
        for (int f = block.offset(sample); f < block.offset(sample + 1); f++) {
            add(flat, block.featureId(f), block.featureValue(f));
        }
        return flat;
    }

    private static void add(List<Float> flat, long id, float value) {
        for (int shift = 0; shift < 64; shift += 16) {
            flat.add((float) ((id >>> shift) & 0xFFFF));
        }
        flat.add(value);
    }

    @Test
    void actionsThatMakeNoLabelSaySo() throws InterruptedException {
        service.rank("ends-1", "dora", "pen", "cup");
        service.act("ends-e1", "like", "ends-1", "pen");
        service.act("ends-e2", "dislike", "ends-1", "pen");
        service.act("ends-e3", "like", "ends-1", "never-shown");
        service.act("ends-e4", "like", "no-such-request", "pen");
        service.act("ends-e5", "glance", "ends-1", "cup");
        assertEquals(TraceStatus.SERVED, service.settled("ends-e1").status());
        assertEquals(TraceStatus.DUPLICATE, service.settled("ends-e2").status());
        assertEquals(TraceStatus.ORPHAN, service.settled("ends-e3").status());
        assertEquals(TraceStatus.IGNORED, service.settled("ends-e5").status());
        Awaitility.await()
                .atMost(Service.PATIENCE)
                .until(() -> Log.samples(service.bootstrapServers()).stream()
                        .anyMatch(b -> holds(b, SampleIds.of(Service.MODEL, "ends-1", "cup", 0), 0f)));
        service.act("ends-e6", "like", "ends-1", "cup");
        assertEquals(TraceStatus.LATE, service.settled("ends-e6").status());
        assertEquals(TraceStatus.ORPHAN, service.settled("ends-e4").status());
    }

    @Test
    void anActionBeforeItsImpressionCounts() throws InterruptedException {
        service.act("early-e1", "like", "early-1", "cap");
        service.rank("early-1", "emil", "cap");
        assertEquals(TraceStatus.SERVED, service.settled("early-e1").status());
    }

    @Test
    void aRepeatedRankAndARepeatedEventCountOnce() throws InterruptedException, IOException {
        service.rank("twice-1", "fay", "mug");
        service.rank("twice-1", "fay", "mug");
        String event = "{\"id\":\"twice-e1\",\"type\":\"like\",\"requestId\":\"twice-1\",\"item\":\"mug\"}";
        HttpResponse<String> first = service.send("POST", "/v1/events", "application/json", event);
        HttpResponse<String> second = service.send("POST", "/v1/events", "application/json", event);
        assertEquals(202, first.statusCode());
        assertTrue(second.body().contains("\"duplicates\":1"), second.body());
        assertEquals(TraceStatus.SERVED, service.settled("twice-e1").status());
        ModelInfo model = service.client.model(Service.MODEL);
        assertEquals(0, model.duplicateSamples());
    }

    @Test
    void eventsComeAsArrayAndAsLines() throws InterruptedException, IOException {
        service.rank("lines-1", "gus", "a", "b", "c");
        HttpResponse<String> array = service.send(
                "POST",
                "/v1/events",
                "application/json",
                "[{\"id\":\"lines-e1\",\"type\":\"like\",\"requestId\":\"lines-1\",\"item\":\"a\"},"
                        + "{\"id\":\"lines-e2\",\"type\":\"like\",\"requestId\":\"lines-1\",\"item\":\"b\"}]");
        HttpResponse<String> lines = service.send(
                "POST",
                "/v1/events",
                "application/x-ndjson",
                "{\"id\":\"lines-e3\",\"type\":\"like\",\"requestId\":\"lines-1\",\"item\":\"c\"}\n");
        assertEquals(202, array.statusCode(), array.body());
        assertEquals(202, lines.statusCode(), lines.body());
        service.rank("lines-2", "gus", "d");
        HttpResponse<String> cloud = service.send(
                "POST",
                "/v1/events",
                "application/cloudevents-batch+json",
                "[{\"specversion\":\"1.0\",\"id\":\"lines-e4\",\"source\":\"/shop\",\"type\":\"like\","
                        + "\"data\":{\"requestId\":\"lines-2\",\"item\":\"d\"}}]");
        assertEquals(202, cloud.statusCode(), cloud.body());
        for (int i = 1; i <= 4; i++) {
            assertEquals(TraceStatus.SERVED, service.settled("lines-e" + i).status());
        }
    }

    @Test
    void profilesThatWereImportedRankABatch() throws IOException, InterruptedException {
        String lines =
                "{\"id\":\"bulk-1\",\"features\":{\"price\":3}}\n{\"id\":\"bulk-2\",\"features\":{\"price\":\"x\",\"a b\":1}}\n";
        HttpResponse<String> loaded = service.send("POST", "/v1/items:import", "application/x-ndjson", lines);
        assertTrue(loaded.body().startsWith("{\"stored\":1,\"failed\":1,\"errors\":[{\"line\":2,"), loaded.body());
        HttpResponse<String> batch = service.send(
                "POST",
                "/v1/models/shop/rank:batch",
                "application/json",
                "{\"requests\":[{\"requestId\":\"bulk-r1\",\"candidates\":[{\"item\":\"bulk-1\"}]},{\"user\":\"u\"}]}");
        assertEquals(200, batch.statusCode(), batch.body());
        assertTrue(batch.body().contains("requests[1].candidates"), batch.body());
        service.act("bulk-e1", "like", "bulk-r1", "bulk-1");
        assertEquals(TraceStatus.SERVED, service.settled("bulk-e1").status());
    }

    @Test
    void theLoopRunsOverGrpcToo() {
        GrpcLoop.run(service.grpcPort());
    }

    @Test
    void tellsWhyAScoreChanged() throws IOException, InterruptedException {
        RankAnswer before = service.rank("why-1", "ivy", "why-hat");
        service.act("why-e1", "like", "why-1", "why-hat");
        assertEquals(TraceStatus.SERVED, service.settled("why-e1").status());
        String answer = service.send(
                        "POST",
                        "/v1/models/shop/explain",
                        "application/json",
                        "{\"user\":\"ivy\",\"candidates\":[{\"item\":\"why-hat\"}],\"sinceVersion\":"
                                + before.modelVersion() + "}")
                .body();
        JsonNode item = new ObjectMapper().readTree(answer).path("items").path(0);
        assertEquals(score(before, "why-hat"), item.path("was").path("score").asDouble(), 1e-6, answer);
        double sum = item.path("base").asDouble() + item.path("others").asDouble();
        for (JsonNode one : item.path("contributions")) {
            sum += one.path("contribution").asDouble();
        }
        assertEquals(item.path("logit").asDouble(), sum, 1e-5, answer);
        // Nobody else has seen the item: its own feature went from nothing to something.
        JsonNode named = java.util.stream.StreamSupport.stream(
                        item.path("contributions").spliterator(), false)
                .filter(one -> one.path("feature").asText().equals("item=why-hat"))
                .findFirst()
                .orElseThrow();
        assertEquals(0, named.path("was").asDouble(), answer);
        assertTrue(named.path("contribution").asDouble() > 0, answer);
    }

    @Test
    void recommendsWhatWasLikedTogether() throws IOException, InterruptedException {
        String items = "{\"id\":\"%s\",\"features\":{\"tags\":[\"rec\"]}}\n";
        StringBuilder lines = new StringBuilder();
        for (String item : List.of("rec-tea", "rec-cup", "rec-nail")) {
            lines.append(items.formatted(item));
        }
        service.send("POST", "/v1/items:import", "application/x-ndjson", lines.toString());
        for (String person : List.of("rec-1", "rec-2")) {
            service.rank(person + "-r", person, "rec-tea", "rec-cup");
            service.act(person + "-e1", "like", person + "-r", "rec-tea");
            service.act(person + "-e2", "like", person + "-r", "rec-cup");
        }
        service.rank("rec-3-r", "rec-3", "rec-tea");
        service.act("rec-3-e1", "like", "rec-3-r", "rec-tea");
        String ask = "{\"user\":\"rec-3\",\"tags\":{\"tags\":\"rec\"},\"limit\":2}";
        Awaitility.await().atMost(Service.PATIENCE).until(() -> {
            String answer = recommend(ask);
            return answer.contains("\"sources\":[\"together\"")
                    && answer.contains("rec-cup")
                    && answer.contains("rec-nail")
                    && !answer.contains("rec-tea");
        });
        // Somebody new gets what is there, and what is shown to them is learned from as any other impression.
        String answer = recommend("{\"requestId\":\"rec-4-r\",\"user\":\"rec-4\",\"tags\":{\"tags\":\"rec\"}}");
        assertTrue(answer.contains("\"candidates\":3"), answer);
        service.act("rec-4-e1", "like", "rec-4-r", "rec-nail");
        assertEquals(TraceStatus.SERVED, service.settled("rec-4-e1").status());
    }

    private String recommend(String body) throws IOException, InterruptedException {
        return service.send("POST", "/v1/models/shop/recommend", "application/json", body)
                .body();
    }

    @Test
    void prometheusUnderstandsTheMetrics() throws IOException, InterruptedException {
        service.rank("metrics-1", "ida", "hat");
        service.act("metrics-e1", "like", "metrics-1", "hat");
        service.settled("metrics-e1");
        HttpResponse<String> metrics = service.get("/prometheus");
        assertEquals(200, metrics.statusCode());
        for (String name : List.of("freshness", "log_loss", "auc", "outcome", "calibration", "normalized_entropy")) {
            assertTrue(metrics.body().contains(name), name);
        }
        String labelled = "millrace_join_total{outcome=\"labelled\"} ";
        String joined = metrics.body()
                .lines()
                .filter(line -> line.startsWith(labelled))
                .findFirst()
                .orElseThrow();
        assertTrue(Double.parseDouble(joined.substring(labelled.length())) >= 1, joined);
        assertTrue(metrics.body().contains("millrace_join_state_requests "), "the join's state is to be seen");
        assumeTrue(Tools.onPath("promtool"), "no promtool on the PATH (Debian's prometheus brings it)");
        Tools.Result result =
                Tools.run(metrics.body().getBytes(StandardCharsets.UTF_8), "promtool", "check", "metrics");
        // 3: it reads them and has remarks; those on other libraries' metrics are not ours to mend.
        assertTrue(result.code() == 0 || result.code() == 3, result.output());
        assertTrue(result.output().lines().noneMatch(line -> line.startsWith("millrace")), result.output());
    }

    @Test
    void theLivePageShowsIt() throws InterruptedException, IOException {
        assumeTrue(LivePageChecks.chromium().isPresent(), LivePageChecks.NO_CHROMIUM);
        Thread player = Thread.ofVirtual().start(this::play);
        try {
            byte[] picture = LivePageChecks.check(service.uri("/"), true, Duration.ofSeconds(60));
            // For a person to look at.
            Files.write(Path.of("target", "live-page.png"), picture);
            assertTrue(picture.length > 0);
        } finally {
            player.interrupt();
            player.join();
        }
    }

    @Test
    void thePageToTryTheApiRanks() throws IOException {
        assumeTrue(LivePageChecks.chromium().isPresent(), LivePageChecks.NO_CHROMIUM);
        byte[] picture = ApiPageChecks.check(service.uri("/"), Service.MODEL, Duration.ofSeconds(30));
        // For a person to look at.
        Files.write(Path.of("target", "api-page.png"), picture);
        assertTrue(picture.length > 0);
    }

    private void play() {
        try {
            for (int i = 0; i < 10_000; i++) {
                service.rank("page-" + i, "hana", "x", "y");
                service.act("page-e" + i, "like", "page-" + i, "x");
                service.settled("page-e" + i);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
