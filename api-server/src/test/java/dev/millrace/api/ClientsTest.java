package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.client.ApiClient;
import dev.millrace.api.client.ApiException;
import dev.millrace.api.client.api.EventsApi;
import dev.millrace.api.client.api.ProfilesApi;
import dev.millrace.api.client.api.RankingApi;
import dev.millrace.api.client.model.Candidate;
import dev.millrace.api.client.model.Event;
import dev.millrace.api.client.model.ExplainRequest;
import dev.millrace.api.client.model.Features;
import dev.millrace.api.client.model.RankAnswer;
import dev.millrace.api.client.model.RankBatchRequest;
import dev.millrace.api.client.model.RankRequest;
import dev.millrace.api.client.model.RankedItem;
import dev.millrace.api.client.model.RecommendRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Clients that the build generates from openapi.yml, in Java and in TypeScript, against the running server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ClientsTest {
    private static final String TYPESCRIPT = "typescript@5.9.3";
    private static final long PATIENCE_S = 120;

    private ApiServer server;

    @BeforeAll
    void start() {
        MemoryLog log = new MemoryLog();
        server = ApiServer.start(
                ApiConfig.of("nowhere:1").withPort(0),
                new Wiring(
                        Map.of("movies", new FixedWeights()),
                        new MemoryProfiles(),
                        Map.of(),
                        log,
                        log::tail,
                        Clock.systemUTC()));
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private String address() {
        return "http://127.0.0.1:" + server.port();
    }

    @Test
    void theJavaClientRunsTheLoop() throws Exception {
        ApiClient client = new ApiClient();
        client.updateBaseUri(address());
        ProfilesApi profiles = new ProfilesApi(client);
        profiles.putItem("java-a", new Features().features(Map.of("price", 0.25, "genres", List.of("Comedy"))));
        assertEquals(List.of("Comedy"), profiles.getItem("java-a").getFeatures().get("genres"));
        RankingApi ranking = new RankingApi(client);
        RankRequest request = new RankRequest()
                .requestId("java-1")
                .user("jo")
                .addCandidatesItem(new Candidate().item("java-a"))
                .addCandidatesItem(new Candidate().item("java-b").features(Map.of("price", 0.75)));
        RankAnswer ranked = ranking.rank("movies", request, null, null);
        assertEquals(
                List.of("java-b", "java-a"),
                ranked.getItems().stream().map(RankedItem::getItem).toList());
        var batch = ranking.rankBatch("movies", new RankBatchRequest().addRequestsItem(request), null);
        assertEquals(ranked, batch.getResults().getFirst().getAnswer());
        EventsApi events = new EventsApi(client);
        Event event = new Event()
                .id("java-e1")
                .type("like")
                .requestId("java-1")
                .item("java-a")
                .time(OffsetDateTime.now(Clock.systemUTC()));
        assertEquals(1, events.postEvents(List.of(event), null).getAccepted());
        assertEquals("accepted", events.traceEvent("java-e1", "accepted", "1s").getStatus());
        // What is new is listed again each half second.
        Awaitility.await()
                .until(() ->
                        ranking
                                .recommend(
                                        "movies",
                                        new RecommendRequest().user("jo").limit(10),
                                        null)
                                .getItems()
                                .stream()
                                .anyMatch(one -> one.getItem().equals("java-a")));
        var explained =
                ranking.explain("movies", new ExplainRequest().addCandidatesItem(new Candidate().item("java-a")));
        assertTrue(explained.getItems().getFirst().getContributions().stream()
                .anyMatch(one -> one.getFeature().equals("genres=Comedy")));
        assertEquals("movies", ranking.getModel("movies").getModel());
        ApiException refused = assertThrows(ApiException.class, () -> ranking.rank("movis", request, null, null));
        assertEquals(404, refused.getCode());
        assertTrue(refused.getResponseBody().contains("did you mean 'movies'?"), refused.getResponseBody());
    }

    @Test
    void theTypeScriptClientRunsTheLoop() throws Exception {
        assumeTrue(runs("node", "--version") && runs("npm", "--version"), "no node with npm on the PATH");
        Path build = Path.of("target", "typescript-client").toAbsolutePath();
        Path generated =
                Path.of("target", "generated-test-sources", "typescript-client").toAbsolutePath();
        Files.createDirectories(build);
        Path compiler = build.resolve("node_modules/typescript/lib/tsc.js");
        if (!Files.exists(compiler)) {
            Ended installed = run(build, "npm", "install", "--no-audit", "--no-fund", "--no-save", TYPESCRIPT);
            assumeTrue(installed.code() == 0, "npm cannot install " + TYPESCRIPT + ": " + installed.output());
        }
        Files.copy(
                Path.of("src", "test", "typescript", "drive.ts"),
                generated.resolve("drive.ts"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Path out = build.resolve("out");
        Ended compiled = run(
                build,
                "node",
                compiler.toString(),
                "--strict",
                "--skipLibCheck",
                "--module",
                "commonjs",
                "--target",
                "es2022",
                "--lib",
                "es2022,dom",
                "--outDir",
                out.toString(),
                generated.resolve("drive.ts").toString());
        assertEquals(0, compiled.code(), compiled.output());
        Ended driven = run(build, "node", out.resolve("drive.js").toString(), address());
        assertEquals(0, driven.code(), driven.output());
        JsonNode saw = new ObjectMapper().readTree(driven.output());
        assertEquals("[\"Comedy\"]", saw.path("genres").toString());
        assertEquals("[\"ts-b\",\"ts-a\"]", saw.path("order").toString());
        assertEquals(1, saw.path("accepted").asInt());
        assertEquals("accepted", saw.path("status").asText());
        assertEquals(1, saw.path("recommended").size());
        assertTrue(saw.path("features").toString().contains("\"genres=Comedy\""), driven.output());
        assertTrue(saw.path("refused").asText().startsWith("did you mean 'movies'?"), driven.output());
    }

    private record Ended(int code, String output) {}

    private static boolean runs(String... command) throws InterruptedException {
        try {
            return run(Path.of(""), command).code() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static Ended run(Path folder, String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("client", ".log");
        Process process = new ProcessBuilder(new ArrayList<>(List.of(command)))
                .directory(folder.toAbsolutePath().toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            boolean ended = process.waitFor(PATIENCE_S, TimeUnit.SECONDS);
            return new Ended(ended ? process.exitValue() : -1, Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }
}
