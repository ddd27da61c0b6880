package dev.millrace.ps.wire.lane;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.ingest.hostile.Hostile;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.WireOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Greetings and frames, given {@link Hostile} bytes: whatever a peer sends, the server serves the others. */
class HostilePeerTest {
    private static final long SEED = 3;
    private static final int PEERS = 600;
    private static final WireOptions OPTIONS = WireOptions.DEFAULT
            .withMaxFrameBytes(1 << 12)
            .withQueueBytes(1 << 12)
            .withConnectTimeout(Duration.ofMillis(100))
            .withMaxConnections(16);

    @Test
    void theOthersAreServed(@TempDir Path folder) throws IOException {
        Endpoint endpoint = Endpoint.unix(folder.resolve("s").toString());
        Random random = new Random(SEED);
        try (LaneServer server = LaneServer.start(
                endpoint,
                request -> request.reply(request.body().remaining(), target -> target.put(request.body())),
                OPTIONS)) {
            for (int peer = 0; peer < PEERS; peer++) {
                hostile(folder, Hostile.mutate(random, List.of(conversation(2), conversation(7))));
                if (peer % 50 == 0) {
                    assertServes(endpoint);
                }
            }
            assertServes(endpoint);
        }
    }

    /** A greeting, and calls of 1, 2, … bytes. */
    private static byte[] conversation(int calls) {
        ByteBuffer bytes = ByteBuffer.allocate(1_024).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0x4E4C_524D)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) 0)
                .putLong(0);
        for (int call = 1; call <= calls; call++) {
            bytes.putInt(call)
                    .put((byte) 1)
                    .put(Frames.MARK)
                    .putShort((short) 0)
                    .putLong(call);
            bytes.put(new byte[call]);
        }
        byte[] sent = new byte[bytes.position()];
        bytes.flip().get(sent);
        return sent;
    }

    private static void hostile(Path folder, byte[] bytes) {
        try (SocketChannel channel = SocketChannel.open(
                java.net.UnixDomainSocketAddress.of(folder.resolve("s").toString()))) {
            channel.configureBlocking(false);
            channel.write(ByteBuffer.wrap(bytes));
        } catch (IOException e) {
            // Hung up on, which is what it deserves; whether others are served is what counts.
        }
    }

    private static void assertServes(Endpoint endpoint) {
        await().atMost(Duration.ofSeconds(5)).ignoreExceptions().untilAsserted(() -> {
            try (LaneClient client = LaneClient.connect(endpoint, OPTIONS);
                    FlatReply reply = client.ask(1, 4, target -> target.putInt(7))) {
                assertEquals(7, reply.body().getInt());
            }
        });
    }
}
