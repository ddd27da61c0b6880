package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.deploy.cli.MillraceCommand;
import dev.millrace.deploy.embedded.Door;
import dev.millrace.deploy.embedded.EmbeddedMillrace;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.deploy.embedded.ProfilesFrom;
import dev.millrace.deploy.embedded.Watching;
import dev.millrace.deploy.embedded.WeightsFrom;
import dev.millrace.ingest.id.SampleIds;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.OtherScores;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.load.client.RestClient;
import dev.millrace.load.simulate.Demo;
import dev.millrace.load.simulate.DemoOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A champion that knows neither people nor items, and a challenger that does: simulated people play against the whole
 * service until the challenger's rule makes it the champion; then a person takes that back, and it stays so over a restart.
 */
@Tag("e2e")
class ArmsTest {
    private static final Duration PROMOTED = Duration.ofMinutes(4);
    private static final String BOARD = "/v1/experiments/demo";
    private static final LoadedSpec CHAMPION = Service.spec("""
            model: demo
            objective: logistic
            labels: {click: 1}
            rewardWindow: 2s
            slots:
              device: {type: category, from: context.device}
            optimizer: {type: ftrl, alpha: 0.1}
            policies: {absence: negative, lateness: 5s}
            """);
    private static final LoadedSpec CHALLENGER = Service.spec("""
            model: demo-full
            learnsFrom: demo
            objective: logistic
            labels: {click: 1}
            rewardWindow: 2s
            slots:
              user: {type: category, from: user.id}
              country: {type: category, from: user.country}
              item: {type: category, from: item.id}
              category: {type: category, from: item.category}
            crosses: [[country, category]]
            optimizer: {type: ftrl, alpha: 0.1}
            policies: {absence: negative, lateness: 5s}
            arm: {role: challenger, share: 0.3, experiment: full, promote: {alpha: 0.05, samples: 2000}}
            """);

    @TempDir
    Path data;

    private EmbeddedMillrace start() throws Exception {
        EmbeddedMillrace millrace = EmbeddedMillrace.start(
                data,
                List.of(CHAMPION, CHALLENGER),
                Door.local(0),
                0,
                WeightsFrom.HERE,
                ProfilesFrom.HERE,
                Watching.DEFAULT,
                Clock.systemUTC());
        millrace.awaitJoin(Service.PATIENCE);
        return millrace;
    }

    @Test
    void aBetterChallengerIsPromotedByItsRule() throws Exception {
        try (EmbeddedMillrace millrace = start();
                RestClient rest = new RestClient(millrace.baseUri())) {
            JsonNode before = rest.get(BOARD);
            assertEquals("demo", before.path("champion").asText());
            play(millrace, rest);
            JsonNode after = rest.get(BOARD);
            assertEquals("demo-full", after.path("champion").asText());
            JsonNode promotion =
                    rest.get("/v1/models/demo/audit?limit=1").path("entries").get(0);
            assertEquals("rule", promotion.path("who").asText(), promotion.toString());
            assertEquals("demo-full is champion", promotion.path("what").asText());
            assertTrue(promotion.path("why").asText().contains("ln evidence"), promotion.toString());
            assertEquals("", service(millrace, rest), "the new champion answers everybody");
            exposuresAndScoresStandOnTheLog(millrace.bootstrapServers());

            command(millrace, "leaderboard");
            command(millrace, "promote", "demo", "--to", "champion", "--why", "too soon");
            assertEquals("demo", rest.get(BOARD).path("champion").asText());
        }
        try (EmbeddedMillrace millrace = start();
                RestClient rest = new RestClient(millrace.baseUri())) {
            assertEquals("demo", rest.get(BOARD).path("champion").asText());
            JsonNode full = rest.get(BOARD).path("arms").get(1);
            assertEquals("shadow", full.path("role").asText(), "the one that was taken back looks on");
        }
    }

    /** Until the challenger is the champion. */
    private static void play(EmbeddedMillrace millrace, RestClient rest) throws InterruptedException {
        Demo demo = new Demo(
                DemoOptions.of(millrace.baseUri()).withLoad(32, 100).withDuration(PROMOTED), Clock.systemUTC());
        Thread player = Thread.ofVirtual().start(() -> {
            try {
                demo.run(snapshot -> {});
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            Awaitility.await()
                    .atMost(PROMOTED)
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> rest.get(BOARD).path("champion").asText().equals("demo-full"));
        } finally {
            demo.stop();
            player.join();
        }
    }

    /** What a request is answered by now, where that is not the new champion. */
    private static String service(EmbeddedMillrace millrace, RestClient rest) throws IOException, InterruptedException {
        for (int i = 0; i < 10; i++) {
            rest.send(
                    "POST",
                    "/v1/models/demo/rank",
                    Map.of("requestId", "last-" + i, "user", "u" + i, "candidates", List.of(Map.of("item", "i1"))),
                    null);
        }
        for (Impression shown : Log.impressions(millrace.bootstrapServers())) {
            if (shown.getRequestId().startsWith("last-") && !shown.getScoredBy().equals("demo-full")) {
                return shown.getScoredBy() + " answered " + shown.getRequestId();
            }
        }
        return "";
    }

    /** Each model's samples have its own scores, of the same requests, whoever answered. */
    private static void exposuresAndScoresStandOnTheLog(String bootstrap) throws IOException {
        Map<Long, Float> champions = new HashMap<>();
        Map<Long, Float> challengers = new HashMap<>();
        int exposed = 0;
        int challenged = 0;
        for (Impression shown : Log.impressions(bootstrap)) {
            assertEquals("demo", shown.getModel());
            boolean byChallenger = shown.getScoredBy().equals("demo-full");
            if (shown.hasExposure()) {
                exposed++;
                challenged += byChallenger ? 1 : 0;
                assertEquals("full", shown.getExposure().getExperiment());
                assertEquals(byChallenger ? 0.3 : 0.7, shown.getExposure().getShare(), 1e-6);
            }
            assertEquals(1, shown.getOthersCount());
            OtherScores others = shown.getOthers(0);
            assertEquals(byChallenger ? "demo" : "demo-full", others.getModel());
            for (int i = 0; i < shown.getItemsCount(); i++) {
                String item = shown.getItems(i).getItem();
                float own = shown.getItems(i).getScore();
                float other = others.getScores(i);
                champions.put(SampleIds.of("demo", shown.getRequestId(), item, 0), byChallenger ? other : own);
                challengers.put(SampleIds.of("demo-full", shown.getRequestId(), item, 0), byChallenger ? own : other);
            }
        }
        assertEquals(0.3, challenged / (double) exposed, 0.15, "of 200 people");
        scores(bootstrap, "demo", champions);
        scores(bootstrap, "demo-full", challengers);
    }

    /** Each sample has the score that the impression says. */
    private static void scores(String bootstrap, String model, Map<Long, Float> said) {
        int samples = 0;
        for (SampleBlock block : Log.samples(bootstrap, model)) {
            for (int i = 0; i < block.size(); i++) {
                samples++;
                assertEquals(said.get(block.sampleId(i)), block.servedScore(i), model);
            }
        }
        assertTrue(samples >= 2_000, model + " has " + samples);
    }

    private static void command(EmbeddedMillrace millrace, String... arguments) {
        List<String> all = new ArrayList<>(List.of("models"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--url", millrace.baseUri().toString()));
        assertEquals(0, MillraceCommand.execute(all.toArray(String[]::new)), all.toString());
    }
}
