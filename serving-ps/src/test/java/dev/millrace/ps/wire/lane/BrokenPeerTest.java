package dev.millrace.ps.wire.lane;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.WireOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers that send nonsense, stop in the middle or do not read. */
class BrokenPeerTest {
    private static final int MAX_FRAME = 1 << 16;
    private static final WireOptions OPTIONS = WireOptions.DEFAULT
            .withMaxFrameBytes(MAX_FRAME)
            .withQueueBytes(MAX_FRAME)
            .withConnectTimeout(Duration.ofMillis(400))
            .withMaxConnections(2);

    @TempDir
    Path folder;

    private LaneServer server;

    @BeforeEach
    void start() throws IOException {
        server = LaneServer.start(Endpoint.shm(path("s")), BrokenPeerTest::echo, OPTIONS);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private String path(String name) {
        return folder.resolve(name).toString();
    }

    private static void echo(FlatRequest request) {
        request.reply(request.body().remaining(), target -> target.put(request.body()));
    }

    private SocketChannel raw() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(path("s")));
    }

    /** Once the server has noticed that those before are gone. */
    private SocketChannel greeted() {
        return await().atMost(Duration.ofSeconds(5)).ignoreExceptions().until(this::greet, channel -> true);
    }

    private SocketChannel greet() throws IOException {
        SocketChannel channel = raw();
        try {
            channel.write(bytes(16)
                    .putInt(0x4E4C_524D)
                    .put((byte) 1)
                    .put((byte) 0)
                    .position(16)
                    .flip());
            ByteBuffer back = bytes(16);
            while (back.hasRemaining()) {
                assertTrue(channel.read(back) > 0);
            }
            assertEquals(MAX_FRAME, back.getInt(12));
            return channel;
        } catch (IOException | AssertionError e) {
            channel.close();
            throw new IOException(e);
        }
    }

    private static ByteBuffer bytes(int n) {
        return ByteBuffer.allocate(n).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer header(int length, byte mark) {
        return bytes(16).putInt(length).put((byte) 1).put(mark).position(16).flip();
    }

    private static void assertEndsSoon(SocketChannel channel) {
        CompletableFuture<Integer> end = CompletableFuture.supplyAsync(() -> {
            try {
                ByteBuffer target = bytes(1 << 16);
                int n;
                do {
                    n = channel.read(target.clear());
                } while (n > 0);
                return n;
            } catch (IOException e) {
                return -1;
            }
        });
        assertEquals(-1, end.orTimeout(5, TimeUnit.SECONDS).join());
    }

    private void assertStillServes() {
        await().atMost(Duration.ofSeconds(5)).ignoreExceptions().untilAsserted(() -> {
            try (LaneClient client = LaneClient.connect(Endpoint.unix(path("s")), OPTIONS);
                    FlatReply reply = client.ask(1, 4, target -> target.putInt(7))) {
                assertEquals(7, reply.body().getInt());
            }
        });
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void garbageInsteadOfAGreetingEndsTheConnection(long seed) throws IOException {
        byte[] garbage = new byte[1000];
        new SplittableRandom(seed).nextBytes(garbage);
        try (SocketChannel channel = raw()) {
            channel.write(ByteBuffer.wrap(garbage));
            assertEndsSoon(channel);
        }
        assertStillServes();
    }

    @Test
    void silenceInsteadOfAGreetingEndsTheConnection() throws IOException {
        try (SocketChannel channel = raw()) {
            assertEndsSoon(channel);
        }
        assertStillServes();
    }

    @Test
    void frameBeyondTheBoundEndsTheConnectionBeforeItsBytesCome() throws IOException {
        for (int length : new int[] {MAX_FRAME + 1, Integer.MAX_VALUE, -1}) {
            try (SocketChannel channel = greeted()) {
                channel.write(header(length, Frames.MARK));
                assertEndsSoon(channel);
            }
        }
        assertStillServes();
    }

    @Test
    void bytesThatAreNoFrameEndTheConnection() throws IOException {
        try (SocketChannel channel = greeted()) {
            channel.write(header(8, (byte) 0));
            assertEndsSoon(channel);
        }
        assertStillServes();
    }

    @Test
    void endWithinAFrameFreesTheConnection() throws IOException {
        for (int i = 0; i < 5; i++) {
            try (SocketChannel channel = greeted()) {
                channel.write(header(1000, Frames.MARK));
                channel.write(bytes(100));
            }
        }
        assertStillServes();
    }

    @Test
    void ringOfNoSizeIsRefused() throws IOException {
        try (SocketChannel channel = raw()) {
            channel.write(bytes(16)
                    .putInt(0x4E4C_524D)
                    .put((byte) 1)
                    .put((byte) 1)
                    .putInt(8, 12345)
                    .position(16)
                    .flip());
            assertEndsSoon(channel);
        }
        assertStillServes();
    }

    @Test
    void peerThatNeverReadsStopsBeingReadAndHoldsNobodyUp() throws IOException {
        try (SocketChannel channel = greeted()) {
            channel.setOption(StandardSocketOptions.SO_SNDBUF, MAX_FRAME);
            channel.configureBlocking(false);
            ByteBuffer frame =
                    bytes(16 + MAX_FRAME).put(header(MAX_FRAME, Frames.MARK)).position(0);
            long sent = 0;
            int refusals = 0;
            while (refusals < 3) {
                int n = channel.write(frame);
                sent += n;
                if (!frame.hasRemaining()) {
                    frame.rewind();
                }
                if (n == 0) {
                    refusals++;
                    assertStillServes();
                }
            }
            assertTrue(sent < 32L * MAX_FRAME, () -> "it goes on reading");
        }
    }

    @Test
    void connectionsBeyondTheBoundAreClosed() throws IOException {
        try (SocketChannel first = greeted();
                SocketChannel second = greeted();
                SocketChannel third = raw()) {
            assertTrue(first.isConnected() && second.isConnected());
            assertEndsSoon(third);
        }
        assertStillServes();
    }

    @Test
    void ringsHaveNoNameOnceBothEndsHaveThem() throws IOException {
        try (LaneClient client = LaneClient.connect(Endpoint.shm(path("s")), OPTIONS)) {
            client.ask(1, 4, target -> target.putInt(7)).close();
            // Another test's may be there for a moment.
            await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertEquals(List.of(), ringFiles()));
        }
    }

    private List<Path> ringFiles() throws IOException {
        Path memory = Path.of("/dev/shm");
        try (Stream<Path> here = Files.list(folder);
                Stream<Path> there = Files.isDirectory(memory) ? Files.list(memory) : Stream.empty()) {
            return Stream.concat(here, there)
                    .filter(file -> file.toString().endsWith(".ring"))
                    .toList();
        }
    }

    @Test
    void placeOfAKilledServerIsTakenOverAndThatOfALivingOneIsNot() throws IOException {
        Endpoint stale = Endpoint.unix(path("stale"));
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(path("stale")))
                .close();
        assertTrue(Files.exists(folder.resolve("stale")));
        try (LaneServer taken = LaneServer.start(stale, BrokenPeerTest::echo, OPTIONS)) {
            assertThrows(IOException.class, () -> LaneServer.start(taken.endpoint(), BrokenPeerTest::echo, OPTIONS));
        }
        assertTrue(Files.notExists(folder.resolve("stale")));
    }

    @Test
    void serverThatIsNoneIsSaidAndNotWaitedFor() throws IOException {
        try (ServerSocketChannel silent = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
            int port = ((InetSocketAddress) silent.getLocalAddress()).getPort();
            WireException e = assertThrows(
                    WireException.class, () -> LaneClient.connect(Endpoint.tcp("127.0.0.1", port), OPTIONS));
            assertEquals(WireCode.UNAVAILABLE, e.code());
            assertTrue(String.valueOf(e.getMessage()).contains("no greeting in time"), e.toString());
        }
    }
}
