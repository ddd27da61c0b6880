package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.util.JsonFormat;
import dev.millrace.ingest.proto.api.Window;
import dev.millrace.ingest.proto.api.WindowParts;
import dev.millrace.ingest.proto.api.WindowPartsRequest;
import dev.millrace.ingest.proto.api.WindowRequest;
import dev.millrace.ingest.proto.api.WindowsGrpc;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.load.client.Event;
import dev.millrace.load.client.MillraceClient;
import dev.millrace.load.client.RankRequest;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Live windows of a real service: what people did is in them, and a restart loses none of it. */
@Tag("e2e")
class WindowsTest {
    private static final int REQUESTS = 30;

    private final ObjectMapper mapper = new ObjectMapper();

    @TempDir
    Path data;

    private JsonNode get(Service service, String path) throws IOException, InterruptedException {
        var answer = service.get(path);
        assertEquals(200, answer.statusCode(), answer.body());
        return mapper.readTree(answer.body());
    }

    private JsonNode window(Service service, String length) throws IOException, InterruptedException {
        return get(service, "/v1/models/shop/windows?length=" + length);
    }

    /** A window ends now, which is another time for each of the two. */
    private static void bothDoorsSayTheSame(Service service) throws IOException, InterruptedException {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", service.grpcPort())
                .usePlaintext()
                .build();
        try {
            var windows = WindowsGrpc.newBlockingStub(channel);
            WindowRequest hour = WindowRequest.newBuilder()
                    .setModel("shop")
                    .setLength("1h")
                    .setSeries(true)
                    .build();
            Window.Builder over = Window.newBuilder();
            JsonFormat.parser()
                    .merge(
                            service.get("/v1/models/shop/windows?length=1h&series=true")
                                    .body(),
                            over);
            Window.Builder said = windows.get(hour).toBuilder();
            assertEquals(
                    over.clearFromMs().clearToMs().build(),
                    said.clearFromMs().clearToMs().build());
            assertEquals(3 * REQUESTS, said.getQuality().getSamples());
            WindowParts.Builder parts = WindowParts.newBuilder();
            JsonFormat.parser()
                    .merge(
                            service.get("/v1/models/shop/windows/parts?length=1h")
                                    .body(),
                            parts);
            assertEquals(
                    parts.build(),
                    windows.parts(WindowPartsRequest.newBuilder()
                            .setModel("shop")
                            .setLength("1h")
                            .build()));
            var refused = assertThrows(
                    StatusRuntimeException.class,
                    () -> windows.get(hour.toBuilder().setLength("5m").build()));
            assertEquals(Status.Code.INVALID_ARGUMENT, refused.getStatus().getCode());
        } finally {
            channel.shutdownNow();
        }
    }

    /** Each keeps a part of the log, and tells of all of it; one does still when the other is killed. */
    private JsonNode twoReplicasSayTheSame(Service service) throws IOException, InterruptedException {
        Path dir = Files.createDirectories(data.resolveSibling(data.getFileName() + "-api"));
        TopicAdmin.createTraining(service.bootstrapServers(), "shop", 1, TopicAdmin.Layout.EMBEDDED);
        try (ApiProcess other = ApiProcess.start(service, dir);
                MillraceClient client = new MillraceClient(other.base())) {
            Awaitility.await().atMost(Service.PATIENCE).ignoreExceptions().until(client::ready);
            var refused = other.post("/v1/models/shop/rollback", "{\"to\":\"5 minutes ago\"}");
            assertEquals(409, refused.statusCode(), refused.body());
            assertTrue(refused.body().contains("remote shards learn model 'shop'"), refused.body());
            client.rank("shop", RankRequest.of("w-there", "p1", List.of("hat", "shoe")));
            client.events(List.of(new Event("w-ethere", "like", "w-there", "hat", null, null)));
            service.settled("w-ethere");
            Awaitility.await().atMost(Service.PATIENCE).ignoreExceptions().untilAsserted(() -> {
                JsonNode here = window(service, "1h");
                JsonNode there = mapper.readTree(
                        other.get("/v1/models/shop/windows?length=1h").body());
                assertEquals(2, there.at("/partitions/here").asInt(), there.toString());
                assertEquals(3 * REQUESTS + 2, here.at("/quality/samples").asInt(), here.toString());
                assertEquals(REQUESTS + 1, here.at("/quality/impressions").asInt(), here.toString());
                assertEquals(here.path("quality"), there.path("quality"));
                assertEquals(here.path("outcomes"), there.path("outcomes"));
                assertEquals(here.at("/drift/prediction"), there.at("/drift/prediction"));
                assertEquals(here.path("parts"), there.path("parts"));
            });
            JsonNode before = window(service, "1h");
            other.kill();
            JsonNode after = window(service, "1h");
            assertEquals(before.path("quality"), after.path("quality"));
            assertEquals(before.path("outcomes"), after.path("outcomes"));
            assertEquals(2, after.at("/partitions/here").asInt(), after.toString());
            return after;
        }
    }

    @Test
    void whatPeopleDidStandsInTheWindowsOverARestart() throws IOException, InterruptedException, TimeoutException {
        JsonNode hour;
        try (Service service = Service.start(data)) {
            for (int i = 0; i < REQUESTS; i++) {
                service.rank("w-" + i, "p" + i % 5, "hat", "shoe", "sock");
                service.act("w-e" + i, "like", "w-" + i, i % 3 == 0 ? "shoe" : "hat");
            }
            service.act("w-orphan", "like", "w-nobody", "hat");
            Awaitility.await().atMost(Service.PATIENCE).untilAsserted(() -> {
                JsonNode window = window(service, "1h");
                assertEquals(3 * REQUESTS, window.at("/quality/samples").asInt(), window.toString());
                assertEquals(REQUESTS, window.at("/quality/impressions").asInt(), window.toString());
                assertEquals(1, window.at("/outcomes/orphan").asInt(), window.toString());
            });
            hour = window(service, "1h");
            assertEquals(REQUESTS, hour.at("/outcomes/labelled").asInt());
            assertEquals(1.0 / 3, hour.at("/clickRate").asDouble(), 1e-9);
            assertEquals(3 * REQUESTS, hour.at("/drift/prediction/shown").asInt(), hour.toString());
            assertEquals(3 * REQUESTS, hour.at("/drift/slots/item/looked").asInt());
            assertEquals(1.0, hour.at("/drift/slots/price/nullRate").asDouble(), "no item has a price");
            JsonNode frame = get(service, "/v1/monitor");
            assertEquals(3 * REQUESTS, frame.at("/windows/1h/samples").asInt(), frame.toString());
            assertEquals(400, service.get("/v1/models/shop/windows?length=5m").statusCode());
            bothDoorsSayTheSame(service);
            hour = twoReplicasSayTheSame(service);
        }
        try (Service service = Service.start(data)) {
            Awaitility.await()
                    .atMost(Service.PATIENCE)
                    .until(() -> window(service, "1h").at("/partitions/here").asInt() == 2);
            JsonNode again = window(service, "1h");
            assertEquals(hour.path("quality"), again.path("quality"));
            assertEquals(hour.path("outcomes"), again.path("outcomes"));
            assertEquals(hour.path("drift"), again.path("drift"));
            service.rank("w-last", "p1", "hat");
            service.act("w-elast", "like", "w-last", "hat");
            // A partition of the killed process may stand still until its session is over: longer than the shortest
            // window.
            Awaitility.await()
                    .atMost(Service.PATIENCE)
                    .untilAsserted(() -> assertEquals(
                            3 * REQUESTS + 3,
                            window(service, "1d").at("/quality/samples").asInt()));
        }
    }
}
