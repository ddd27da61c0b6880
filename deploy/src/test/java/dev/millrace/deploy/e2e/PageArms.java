package dev.millrace.deploy.e2e;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.util.JsonFormat;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.proto.Impression;
import dev.millrace.ingest.proto.api.ExperimentsGrpc;
import dev.millrace.ingest.proto.api.Leaderboard;
import dev.millrace.ingest.proto.api.ModelRequest;
import dev.millrace.ingest.proto.api.SetArmRequest;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.load.client.RankRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;

/**
 * An arm whose lists are drafted in turn with the champion's, and a model of a segment: on the log, on the leaderboard by
 * both doors, and on the page.
 */
final class PageArms {
    private static final int PEOPLE = 40;
    private static final int PHONES = 10;
    private static final int ITEMS = 3;
    private static final String BOARD = "/v1/experiments/shop";
    private static final String ARM = """
            model: %s
            learnsFrom: shop
            objective: logistic
            labels: {like: 1, dislike: 0}
            rewardWindow: 1s
            slots:
              item: {type: category, from: item.id}
            optimizer: {type: ftrl, alpha: 0.1}
            policies: {absence: negative, lateness: 5s}
            %s
            """;
    static final List<LoadedSpec> SPECS = List.of(
            Service.SPEC,
            Service.spec(ARM.formatted(
                    "shop-draft", "arm: {role: challenger, compare: interleave, share: 0.5, experiment: drafts}")),
            Service.spec(ARM.formatted("shop-phone", "segment: {by: context.device, values: [phone]}")));

    private final Service service;
    private final ObjectMapper mapper = new ObjectMapper();

    PageArms(Service service) {
        this.service = service;
    }

    private JsonNode board() throws IOException, InterruptedException {
        return mapper.readTree(service.get(BOARD).body());
    }

    private static JsonNode arm(JsonNode board, String name) {
        return StreamSupport.stream(board.path("arms").spliterator(), false)
                .filter(arm -> arm.path("model").asText().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** People come, some with phones; everybody likes a hat. */
    void play() throws IOException, InterruptedException {
        for (int i = 0; i < PEOPLE + PHONES; i++) {
            RankRequest request = RankRequest.of("q-" + i, "q" + i, List.of("hat", "shoe", "sock"));
            service.client.rank(
                    Service.MODEL,
                    i < PEOPLE
                            ? request
                            : new RankRequest(
                                    request.requestId(),
                                    request.user(),
                                    null,
                                    Map.of("device", "phone"),
                                    request.candidates(),
                                    null));
            service.act("q-e" + i, "like", "q-" + i, "hat");
        }
        Awaitility.await().atMost(Service.PATIENCE).untilAsserted(() -> {
            JsonNode board = board();
            assertEquals(0, board.path("openRequests").asInt(), board.toString());
            assertEquals(PHONES, arm(board, "shop-phone").at("/clickRate/n").asInt(), board.toString());
        });
    }

    /** What the leaderboard says of drafts and phones is what the impressions say. */
    void theBoardSaysWhatTheLogSays() throws IOException, InterruptedException {
        int wins = 0;
        int losses = 0;
        int phones = 0;
        for (Impression shown : Log.impressions(service.bootstrapServers())) {
            boolean byPhone = shown.getScoredBy().equals("shop-phone");
            phones += byPhone ? 1 : 0;
            if (shown.hasExposure() && shown.getExposure().getInterleaved()) {
                assertEquals("drafts", shown.getExposure().getExperiment());
                assertEquals("shop-draft", shown.getExposure().getArm());
                assertEquals(0.5f, shown.getExposure().getShare());
                assertEquals(shown.getItemsCount(), shown.getExposure().getDraftedCount(), "who drafted each place");
                int hat = place(shown, "hat");
                wins += shown.getExposure().getDrafted(hat) ? 1 : 0;
                losses += shown.getExposure().getDrafted(hat) ? 0 : 1;
            }
            assertTrue(!byPhone || !shown.hasExposure(), "a segment is no part of an experiment: " + shown);
        }
        JsonNode board = board();
        JsonNode drafts = arm(board, "shop-draft").at("/versus/interleaving");
        assertEquals(wins, drafts.path("wins").asInt(), board.toString());
        assertEquals(losses, drafts.path("losses").asInt(), board.toString());
        assertEquals(0.5, (wins + losses) / (double) PEOPLE, 0.3, "half of the people, by a hash");
        assertEquals(PHONES, phones);
        assertEquals("segment", arm(board, "shop-phone").path("role").asText());
        Awaitility.await()
                .atMost(Service.PATIENCE)
                .untilAsserted(() -> assertEquals(
                        PHONES * ITEMS,
                        Log.samples(service.bootstrapServers(), "shop-phone").stream()
                                .mapToInt(SampleBlock::size)
                                .sum(),
                        "it learns from phones alone"));
    }

    private static int place(Impression shown, String item) {
        for (int i = 0; i < shown.getItemsCount(); i++) {
            if (shown.getItems(i).getItem().equals(item)) {
                return i;
            }
        }
        throw new AssertionError(item + " was not shown: " + shown);
    }

    void thePageSaysWhatTheBoardSays(Page page) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            List<List<String>> expected = new ArrayList<>();
            board().path("arms").forEach(arm -> expected.add(line(arm)));
            List<List<String>> said = page.locator("#arms tbody tr").all().stream()
                    .map(row -> row.locator("th, td").allTextContents())
                    .toList();
            assertEquals(expected, said);
        });
        Locator caption = page.locator("#arms caption");
        assertThat(caption).hasText("Arms of shop; shop answers");
    }

    private static List<String> line(JsonNode arm) {
        String role = arm.path("role").asText();
        JsonNode versus = arm.path("versus");
        JsonNode drafts = versus.path("interleaving");
        boolean isChampion = role.equals("champion");
        return List.of(
                arm.path("model").asText(),
                role.equals("segment")
                        ? "segment: context.device phone"
                        : role.equals("challenger") ? "challenger, interleaved" : role,
                share(arm.path("share")),
                "%,d".formatted(arm.path("requests").asLong()),
                ratio(arm.path("logLoss")),
                ratio(arm.path("impressionAuc")),
                interval(arm.path("clickRate"), true),
                interval(versus.path("logLossGain"), false),
                drafts.isObject()
                        ? drafts.path("wins").asInt() + ", "
                                + drafts.path("losses").asInt()
                        : "–",
                isChampion
                        ? "the champion"
                        : versus.isObject() ? versus.path("verdict").asText() : "not compared");
    }

    private static String interval(JsonNode of, boolean share) {
        return of.isObject()
                ? "%s (%s to %s)"
                        .formatted(
                                said(of.path("value"), share),
                                said(of.path("low"), share),
                                said(of.path("high"), share))
                : "–";
    }

    private static String said(JsonNode number, boolean share) {
        return share ? share(number) : ratio(number);
    }

    private static String ratio(JsonNode number) {
        return number.isNumber() ? "%.3f".formatted(number.asDouble()) : "–";
    }

    private static String share(JsonNode number) {
        double x = number.asDouble();
        String digits = Math.abs(x) < 0.0995 ? "%.2f" : "%.1f";
        return (x < 0 ? "−" : "") + String.format(Locale.ROOT, digits, 100 * Math.abs(x)) + "\u00a0%";
    }

    /** The same leaderboard over gRPC, and the same refusals. The arm looks on afterwards. */
    void bothDoorsSayAndDoTheSame() throws IOException, InterruptedException {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", service.grpcPort())
                .usePlaintext()
                .build();
        try {
            var experiments = ExperimentsGrpc.newBlockingStub(channel);
            ModelRequest shop = ModelRequest.newBuilder().setModel("shop").build();
            Awaitility.await().atMost(Service.PATIENCE).untilAsserted(() -> {
                Leaderboard.Builder over = Leaderboard.newBuilder();
                JsonFormat.parser().merge(service.get(BOARD).body(), over);
                assertEquals(over.build(), experiments.get(shop));
            });
            assertEquals(
                    "shop",
                    experiments
                            .list(com.google.protobuf.Empty.getDefaultInstance())
                            .getExperiments(0)
                            .getModel());
            SetArmRequest shadow = SetArmRequest.newBuilder()
                    .setModel("shop")
                    .setArm("shop-draft")
                    .setRole("shadow")
                    .setWho("grace")
                    .setIfRevision(experiments.get(shop).getRevision())
                    .build();
            assertTrue(experiments.setArm(shadow).getInEffect());
            assertEquals("shadow", arm(board(), "shop-draft").path("role").asText());
            assertEquals(Status.Code.FAILED_PRECONDITION, code(() -> experiments.setArm(shadow)));
            SetArmRequest any = shadow.toBuilder().clearIfRevision().build();
            assertEquals(
                    Status.Code.INVALID_ARGUMENT,
                    code(() ->
                            experiments.setArm(any.toBuilder().setRole("king").build())));
            assertEquals(
                    Status.Code.INVALID_ARGUMENT,
                    code(() -> experiments.setArm(any.toBuilder()
                            .setArm("shop-phone")
                            .setRole("champion")
                            .build())));
            assertEquals(
                    Status.Code.NOT_FOUND,
                    code(() ->
                            experiments.setArm(any.toBuilder().setArm("nobody").build())));
        } finally {
            channel.shutdownNow();
        }
    }

    private static Status.Code code(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(StatusRuntimeException.class, call).getStatus().getCode();
    }
}
