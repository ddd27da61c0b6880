package dev.millrace.ps.wire.connect;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.FlatHandler;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.WireOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every transport does. */
abstract class WireContract {
    private static final int ECHO = 1;
    private static final int LATER = 2;
    private static final int THROW = 3;
    private static final int REFUSE = 4;
    private static final int HUGE = 5;
    private static final int WRITER_THROWS = 255;
    private static final Duration SOON = Duration.ofSeconds(5);

    @TempDir
    Path folder;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final BlockingQueue<FlatRequest> kept = new LinkedBlockingQueue<>();

    abstract Endpoint where(Path folder);

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private FlatServer serve(FlatHandler handler, WireOptions options) throws IOException {
        FlatServer server = FlatServer.start(List.of(where(folder)), handler, options);
        open.add(server);
        return server;
    }

    private FlatClient connect(FlatServer server, WireOptions options) {
        FlatClient client = FlatClients.connect(server.endpoints().getFirst(), options);
        open.add(client);
        return client;
    }

    private FlatClient connected(WireOptions options) throws IOException {
        return connect(serve(this::handle, options), options);
    }

    private void handle(FlatRequest request) {
        switch (request.op()) {
            case ECHO -> echo(request);
            case LATER -> kept.add(request);
            case THROW -> throw new IllegalArgumentException("no such thing");
            case REFUSE -> throw new WireException(WireCode.BEHIND, 1L << 40, "expected elsewhere");
            case HUGE -> request.reply(Integer.MAX_VALUE, BodyWriter.NOTHING);
            case WRITER_THROWS -> request.reply(8, target -> target.putLong(1).putLong(2));
            default -> request.fail(WireCode.BAD_REQUEST, request.op(), "no such operation");
        }
    }

    private static void echo(FlatRequest request) {
        request.reply(request.body().remaining(), target -> target.put(request.body()));
    }

    private static CompletableFuture<byte[]> call(FlatClient client, int op, byte[] body) {
        return client.call(op, body.length, target -> target.put(body)).thenApply(WireContract::taken);
    }

    private static byte[] taken(FlatReply reply) {
        try (reply) {
            byte[] bytes = new byte[reply.body().remaining()];
            reply.body().get(bytes);
            return bytes;
        }
    }

    private static byte[] random(int bytes, long seed) {
        byte[] made = new byte[bytes];
        new SplittableRandom(seed).nextBytes(made);
        return made;
    }

    private static WireException failure(CompletableFuture<?> call) {
        return assertInstanceOf(
                WireException.class,
                assertThrows(
                                CompletionException.class,
                                () -> call.orTimeout(5, TimeUnit.SECONDS).join())
                        .getCause());
    }

    private static void assertSame(byte[] expected, CompletableFuture<byte[]> call) throws Exception {
        assertArrayEquals(expected, call.get(10, TimeUnit.SECONDS));
    }

    @Test
    void bodiesComeBackAsTheyWent() throws Exception {
        FlatClient client = connected(WireOptions.DEFAULT);
        for (int bytes : new int[] {0, 1, 7, 8, 4_000, 65_536, 70_001}) {
            assertSame(random(bytes, bytes), call(client, ECHO, random(bytes, bytes)));
        }
    }

    @Test
    void bodiesAreLittleEndianOnBothSidesAndAsShortAsWritten() throws Exception {
        FlatServer server = serve(
                request -> {
                    long sum = request.body().getLong()
                            + request.body().getInt(request.body().position());
                    request.reply(
                            100,
                            target -> target.putLong(sum)
                                    .put(7, (byte) target.order().toString().length()));
                },
                WireOptions.DEFAULT);
        FlatClient client = connect(server, WireOptions.DEFAULT);
        try (FlatReply reply = client.ask(1, 100, target -> target.putLong(40).putInt(2))) {
            assertEquals(8, reply.body().remaining());
            assertEquals(ByteOrder.LITTLE_ENDIAN, reply.body().order());
            assertEquals(42, reply.body().getInt());
        }
    }

    @Test
    void largeBodiesPassWhateverTheBuffersAndRingsHold() throws Exception {
        WireOptions options = WireOptions.DEFAULT.withRing(1 << 14, Duration.ofNanos(1_000));
        FlatClient client = connected(options);
        byte[] large = random(9_000_001, 3);
        List<CompletableFuture<byte[]>> calls = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            calls.add(call(client, ECHO, large));
            calls.add(call(client, ECHO, random(100, i)));
        }
        for (int i = 0; i < 4; i++) {
            assertSame(large, calls.get(2 * i));
            assertSame(random(100, i), calls.get(2 * i + 1));
        }
    }

    @Test
    void manyThreadsShareOneConnection() throws Exception {
        FlatClient client = connected(WireOptions.DEFAULT.withInFlight(32, WireOptions.WhenFull.WAIT));
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int thread = t;
            threads.add(CompletableFuture.runAsync(() -> {
                SplittableRandom random = new SplittableRandom(thread);
                List<CompletableFuture<Boolean>> calls = new ArrayList<>();
                for (int i = 0; i < 500; i++) {
                    byte[] body = random(random.nextInt(20_000), random.nextLong());
                    calls.add(call(client, ECHO, body).thenApply(back -> Arrays.equals(body, back)));
                }
                assertTrue(calls.stream().allMatch(CompletableFuture::join));
            }));
        }
        CompletableFuture.allOf(threads.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
        assertTrue(client.isOpen());
    }

    @Test
    void callsMayBeMadeFromCallbacks() throws Exception {
        FlatClient client = connected(WireOptions.DEFAULT);
        CompletableFuture<Integer> chain = CompletableFuture.completedFuture(0);
        for (int i = 0; i < 200; i++) {
            chain = chain.thenCompose(sum -> client.call(ECHO, 4, target -> target.putInt(sum + 1)))
                    .thenApply(reply -> {
                        try (reply) {
                            return reply.body().getInt();
                        }
                    });
        }
        assertEquals(200, chain.get(10, TimeUnit.SECONDS));
    }

    @Test
    void answersMayComeLaterFromAnotherThreadInAnyOrder() throws Exception {
        FlatClient client = connected(WireOptions.DEFAULT);
        List<CompletableFuture<byte[]>> calls = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            calls.add(call(client, LATER, random(30_000, i)));
        }
        assertSame(random(10, 99), call(client, ECHO, random(10, 99)));
        await().atMost(SOON).until(() -> kept.size() == 20);
        List<FlatRequest> requests = new ArrayList<>();
        kept.drainTo(requests);
        for (FlatRequest request : requests.reversed()) {
            echo(request);
        }
        for (int i = 0; i < 20; i++) {
            assertSame(random(30_000, i), calls.get(i));
        }
    }

    @Test
    void failuresArriveWithTheirCodesAndTheConnectionGoesOn() throws Exception {
        FlatClient client = connected(WireOptions.DEFAULT);
        WireException refused = failure(client.call(REFUSE, 0, BodyWriter.NOTHING));
        assertEquals(WireCode.BEHIND, refused.code());
        assertEquals(1L << 40, refused.detail());
        assertEquals("expected elsewhere", refused.getMessage());
        WireException thrown = failure(client.call(THROW, 0, BodyWriter.NOTHING));
        assertEquals(WireCode.INTERNAL, thrown.code());
        assertTrue(String.valueOf(thrown.getMessage()).contains("no such thing"), thrown.toString());
        WireException unknown = failure(client.call(200, 0, BodyWriter.NOTHING));
        assertEquals(WireCode.BAD_REQUEST, unknown.code());
        assertEquals(200, unknown.detail());
        assertEquals(
                WireCode.INTERNAL,
                failure(client.call(HUGE, 0, BodyWriter.NOTHING)).code());
        assertEquals(
                WireCode.INTERNAL,
                failure(client.call(WRITER_THROWS, 0, BodyWriter.NOTHING)).code());
        assertSame(random(10, 1), call(client, ECHO, random(10, 1)));
    }

    @Test
    void secondAnswerIsAnError() throws Exception {
        FlatClient client = connected(WireOptions.DEFAULT);
        CompletableFuture<byte[]> call = call(client, LATER, random(10, 1));
        FlatRequest request = kept.take();
        echo(request);
        assertThrows(IllegalStateException.class, () -> request.fail(WireCode.INTERNAL, "again"));
        assertSame(random(10, 1), call);
    }

    @Test
    void requestBeyondTheBoundFailsUnsent() throws Exception {
        FlatClient client = connected(WireOptions.DEFAULT.withMaxFrameBytes(1_000));
        assertSame(random(1_000, 1), call(client, ECHO, random(1_000, 1)));
        assertEquals(
                WireCode.BAD_REQUEST,
                failure(call(client, ECHO, random(1_001, 1))).code());
        assertTrue(client.isOpen());
    }

    @Test
    void writerThatThrowsSendsNothing() throws Exception {
        FlatClient client = connected(WireOptions.DEFAULT.withInFlight(1, WireOptions.WhenFull.REFUSE));
        for (int i = 0; i < 3; i++) {
            assertThrows(BufferOverflowException.class, () -> client.call(ECHO, 4, target -> target.putLong(1)));
        }
        assertSame(random(10, 1), call(client, ECHO, random(10, 1)));
    }

    @Test
    void callsBeyondThePermitsAreRefusedOrWait() throws Exception {
        WireOptions options = WireOptions.DEFAULT.withInFlight(3, WireOptions.WhenFull.REFUSE);
        FlatServer server = serve(this::handle, options);
        FlatClient client = connect(server, options);
        for (int i = 0; i < 3; i++) {
            CompletableFuture<FlatReply> unused = client.call(LATER, 0, BodyWriter.NOTHING);
        }
        assertEquals(
                WireCode.OVERLOADED,
                failure(client.call(ECHO, 0, BodyWriter.NOTHING)).code());
        await().atMost(SOON).until(() -> kept.size() == 3);
        echo(kept.take());
        await().atMost(SOON)
                .untilAsserted(() -> client.ask(ECHO, 0, BodyWriter.NOTHING).close());

        FlatClient patient = connect(server, options.withInFlight(3, WireOptions.WhenFull.WAIT));
        for (int i = 0; i < 3; i++) {
            CompletableFuture<FlatReply> unused = patient.call(LATER, 0, BodyWriter.NOTHING);
        }
        assertEquals(
                WireCode.TIMEOUT,
                failure(patient.call(ECHO, 0, BodyWriter.NOTHING, Duration.ofMillis(50)))
                        .code());
        CompletableFuture<byte[]> waiting = CompletableFuture.supplyAsync(
                () -> call(patient, ECHO, random(5, 5)).join());
        await().atMost(SOON).until(() -> kept.size() == 5);
        kept.forEach(WireContract::echo);
        assertSame(random(5, 5), waiting);
    }

    @Test
    void serverReadsNoFurtherThanItsOwnPermits() throws Exception {
        FlatServer server = serve(this::handle, WireOptions.DEFAULT.withInFlight(2, WireOptions.WhenFull.WAIT));
        FlatClient client = connect(server, WireOptions.DEFAULT);
        List<CompletableFuture<byte[]>> calls = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            calls.add(call(client, LATER, random(10, i)));
        }
        for (int i = 0; i < 10; i++) {
            FlatRequest request = kept.poll(5, TimeUnit.SECONDS);
            assertTrue(kept.size() <= 1);
            echo(Objects.requireNonNull(request));
        }
        for (int i = 0; i < 10; i++) {
            assertSame(random(10, i), calls.get(i));
        }
    }

    @Test
    void deadlineFailsTheCallAloneAndItsLateAnswerHitsNobody() throws Exception {
        FlatClient client = connected(WireOptions.DEFAULT.withInFlight(1, WireOptions.WhenFull.WAIT));
        WireException late = failure(client.call(LATER, 0, BodyWriter.NOTHING, Duration.ofMillis(60)));
        assertEquals(WireCode.TIMEOUT, late.code());
        FlatRequest request = Objects.requireNonNull(kept.poll(5, TimeUnit.SECONDS));
        request.reply(3, target -> target.put(new byte[3]));
        assertSame(random(10, 1), call(client, ECHO, random(10, 1)));
    }

    @Test
    void serverThatClosesFailsEveryPendingCallAtOnce() throws Exception {
        FlatServer server = serve(this::handle, WireOptions.DEFAULT);
        FlatClient client = connect(server, WireOptions.DEFAULT);
        List<CompletableFuture<FlatReply>> calls = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            calls.add(client.call(LATER, 0, BodyWriter.NOTHING));
        }
        await().atMost(SOON).until(() -> kept.size() == 10);
        server.close();
        for (CompletableFuture<FlatReply> call : calls) {
            assertEquals(WireCode.UNAVAILABLE, failure(call).code());
        }
        client.ended().get(5, TimeUnit.SECONDS);
        assertFalse(client.isOpen());
        assertEquals(
                WireCode.UNAVAILABLE,
                failure(client.call(ECHO, 0, BodyWriter.NOTHING)).code());
        kept.forEach(WireContract::echo);
    }

    @Test
    void clientThatClosesFailsItsPendingCallsAndFreesTheServer() throws Exception {
        FlatServer server = serve(this::handle, WireOptions.DEFAULT.withMaxConnections(1));
        FlatClient first = connect(server, WireOptions.DEFAULT);
        CompletableFuture<FlatReply> call = first.call(LATER, 0, BodyWriter.NOTHING);
        first.close();
        assertEquals(WireCode.UNAVAILABLE, failure(call).code());
        await().atMost(SOON).ignoreExceptions().untilAsserted(() -> {
            try (FlatClient second = FlatClients.connect(server.endpoints().getFirst())) {
                second.ask(ECHO, 0, BodyWriter.NOTHING).close();
            }
        });
    }

    @Test
    void nobodyThereIsSaidSoon() throws Exception {
        FlatServer server = serve(this::handle, WireOptions.DEFAULT);
        server.close();
        Endpoint closed = server.endpoints().getFirst();
        WireOptions options = WireOptions.DEFAULT.withConnectTimeout(Duration.ofSeconds(2));
        try (Socket kept = new Socket()) {
            Endpoint endpoint = closed.transport().isLocal() ? closed : boundOnly(kept, closed);
            WireException e = assertThrows(WireException.class, () -> FlatClients.connect(endpoint, options));
            assertEquals(WireCode.UNAVAILABLE, e.code());
            assertTrue(String.valueOf(e.getMessage()).contains(endpoint.toString()), e.toString());
        }
    }

    /** A port that is bound and not listened on: nobody else's server or connection can be there. */
    private static Endpoint boundOnly(Socket kept, Endpoint like) throws IOException {
        kept.bind(new InetSocketAddress(like.host(), 0));
        return new Endpoint(like.transport(), like.host(), kept.getLocalPort(), "");
    }

    @Test
    void repliesKeptOpenAreNotOverwritten() throws Exception {
        FlatClient client = connected(WireOptions.DEFAULT);
        List<FlatReply> replies = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            byte[] body = random(10_000, i);
            replies.add(client.ask(ECHO, body.length, target -> target.put(body)));
        }
        for (int i = 0; i < 100; i++) {
            assertEquals(ByteBuffer.wrap(random(10_000, i)), replies.get(i).body());
            replies.get(i).close();
        }
    }
}
