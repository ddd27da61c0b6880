package dev.millrace.ps.remote;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.serve.PolledState;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ShardSet;
import dev.millrace.ps.serve.WeightsUnavailable;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.WireOptions;
import dev.millrace.ps.wire.connect.FlatServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RemoteWeightsTest {
    private static final ModelSpec SPEC = spec("user.id");
    private static final ServingKeys KEYS = new ServingKeys(SPEC);
    private static final int SHARDS = 4;
    private static final long[] WANTED = LongStream.range(1, 300).toArray();

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    private static ModelSpec spec(String from) {
        return SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, slots: {u: {type: category, from: "
                        + from + "}}}");
    }

    @AfterEach
    void close() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    private <T extends AutoCloseable> T opened(T part) {
        opened.push(part);
        return part;
    }

    private static Shelf shelf(int shards, long sequence) {
        Shelf shelf = new Shelf(KEYS, shards);
        for (int shard = 0; shard < shards; shard++) {
            shelf.set(shard, sequence);
        }
        return shelf;
    }

    private FlatServer serve(Shelf shelf, String shards) {
        return serve(SPEC, shelf, shards, Endpoint.tcp("127.0.0.1", 0));
    }

    private FlatServer serve(ModelSpec spec, Shelf shelf, String shards, Endpoint at) {
        var handler = new PullHandler(spec, shelf, shelf, ShardSet.parse(shards)::contains, 1_000);
        try {
            return opened(FlatServer.start(List.of(at), handler, WireOptions.DEFAULT));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RemoteConfig config(FlatServer... servers) {
        return RemoteConfig.of(Stream.of(servers)
                .map(server -> server.endpoints().getFirst().toString())
                .collect(Collectors.joining(",")));
    }

    private RemoteWeights connect(FlatServer... servers) {
        return opened(RemoteWeights.connect(config(servers).withRead(Duration.ofSeconds(1)), SPEC));
    }

    private static ServedVersion assertRead(RemoteWeights weights, long... sequences) {
        float[] found = new float[WANTED.length];
        ServedVersion version = weights.read(WANTED, WANTED.length, found);
        for (int i = 0; i < found.length; i++) {
            assertEquals(sequences[KeyHash.shardOf(WANTED[i], SHARDS)], (long) found[i]);
        }
        for (int shard = 0; shard < SHARDS; shard++) {
            assertEquals(sequences[shard], version.shards().get(shard).sequence());
            assertEquals(
                    Map.of(shard, sequences[shard]), version.shards().get(shard).sampleOffsets());
        }
        return version;
    }

    @Test
    void eachShardIsReadWhereItIsServed() {
        RemoteWeights weights = connect(serve(shelf(SHARDS, 7), "0,3"), serve(shelf(SHARDS, 9), "1-2"));
        assertEquals(32, assertRead(weights, 7, 9, 9, 7).sequence());
        PolledState.Look look = weights.state();
        assertTrue(look.caughtUp());
        assertEquals(32, look.version().sequence());
        assertEquals(20, look.version().rows());
    }

    @Test
    void oneThatServesTheSameShardsStandsIn() {
        FlatServer first = serve(shelf(SHARDS, 5), "all");
        FlatServer second = serve(shelf(SHARDS, 5), "all");
        RemoteWeights weights = connect(first, second);
        assertRead(weights, 5, 5, 5, 5);
        first.close();
        for (int i = 0; i < 20; i++) {
            assertRead(weights, 5, 5, 5, 5);
        }
        assertTrue(weights.state().caughtUp());
        second.close();
        assertThrows(WeightsUnavailable.class, () -> assertRead(weights, 5, 5, 5, 5));
        WeightsUnavailable e = assertThrows(WeightsUnavailable.class, weights::state);
        assertEquals("model m: no serving-ps answers", e.getMessage());
    }

    @Test
    void oneThatHangsLeavesTimeForAnother() {
        CountDownLatch never = new CountDownLatch(1);
        Shelf hanging = shelf(SHARDS, 5);
        RemoteWeights weights = connect(serve(hanging, "all"), serve(shelf(SHARDS, 5), "all"));
        hanging.beforeRead = () -> {
            try {
                never.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        try {
            for (int i = 0; i < 6; i++) {
                assertRead(weights, 5, 5, 5, 5);
            }
        } finally {
            never.countDown();
        }
    }

    @Test
    void whoHasNotCaughtUpIsAskedOnlyWhenNobodyElseIsThere() {
        Shelf behind = shelf(SHARDS, 2);
        behind.caughtUp = false;
        FlatServer late = serve(behind, "all");
        FlatServer fresh = serve(shelf(SHARDS, 6), "all");
        RemoteWeights weights = connect(late, fresh);
        for (int i = 0; i < 10; i++) {
            assertRead(weights, 6, 6, 6, 6);
        }
        assertEquals(24, weights.state().version().sequence());
        fresh.close();
        await().ignoreExceptions().until(() -> !weights.state().caughtUp());
        assertRead(weights, 2, 2, 2, 2);
    }

    @Test
    void aWrongConfigurationIsNamed() {
        FlatServer some = serve(shelf(SHARDS, 1), "0-1");
        String overlap = refusal(some, serve(shelf(SHARDS, 1), "1-3"));
        assertTrue(overlap.contains("overlap in shard 1"), overlap);
        String hole = refusal(some, serve(shelf(SHARDS, 1), "3"));
        assertEquals("nobody serves the shards [2] of model m", hole);
        String count = refusal(some, serve(shelf(3, 1), "2"));
        assertTrue(count.contains("3 shards of model m, others of 4"), count);
        String spec = refusal(some, serve(spec("user.name"), shelf(SHARDS, 1), "2-3", Endpoint.tcp("127.0.0.1", 0)));
        assertTrue(spec.contains("serves another spec of model m"), spec);
    }

    private static String refusal(FlatServer... servers) {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> RemoteWeights.connect(config(servers), SPEC));
        return String.valueOf(e.getMessage());
    }

    @Test
    void whoIsAwayAtTheStartIsFoundLater() throws IOException {
        FlatServer one = serve(shelf(SHARDS, 1), "0-1");
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        var config = RemoteConfig.of(one.endpoints().getFirst() + ",tcp://127.0.0.1:" + port);
        RemoteWeights weights = opened(RemoteWeights.connect(config, SPEC));
        WeightsUnavailable e = assertThrows(WeightsUnavailable.class, () -> assertRead(weights, 1, 1, 1, 1));
        assertEquals("model m: no serving-ps that answers has the shards [2, 3]", e.getMessage());
        serve(SPEC, shelf(SHARDS, 1), "2-3", Endpoint.tcp("127.0.0.1", port));
        await().ignoreExceptions().until(() -> weights.state().caughtUp());
        assertRead(weights, 1, 1, 1, 1);
    }

    /** A map that is one version old: the same addresses, another number of shards behind them. */
    @Test
    void anOldMapIsNoticedAndMadeAnew() {
        FlatServer old = serve(shelf(2, 3), "all");
        Endpoint at = old.endpoints().getFirst();
        RemoteWeights weights = connect(old);
        assertEquals(
                6, weights.read(WANTED, WANTED.length, new float[WANTED.length]).sequence());
        old.close();
        serve(SPEC, shelf(SHARDS, 3), "all", at);
        // Connected again by the next look, whose map the read does not have yet.
        await().ignoreExceptions().until(() -> weights.state().caughtUp());
        assertRead(weights, 3, 3, 3, 3);
    }

    @Test
    void aPullWithAnOldMapOrForOthersShardsIsRefused() {
        FlatServer server = serve(shelf(SHARDS, 1), "0-1");
        RemoteConfig config = config(server);
        try (Peer peer = new Peer(config, config.endpoints().getFirst())) {
            peer.look(Runnable::run).join();
            assertEquals("WRONG_MAP (4)", code(peer, SPEC.fingerprint(), 3));
            assertEquals("NOT_OWNER", code(peer, SPEC.fingerprint(), SHARDS));
            assertEquals("BAD_REQUEST (" + SPEC.fingerprint() + ")", code(peer, 1, SHARDS));
        }
    }

    private static String code(Peer peer, long fingerprint, long mapVersion) {
        return peer.pull(fingerprint, mapVersion, WANTED, 0, WANTED.length, Duration.ofSeconds(5))
                .handle((reply, e) -> e.toString().replaceAll("^.*Exception: |:.*", ""))
                .join();
    }

    @Test
    void aReadNeverSeesTwoVersionsOfAShard() {
        Shelf first = shelf(SHARDS, 1);
        Shelf second = shelf(SHARDS, 1);
        RemoteConfig patient = config(serve(first, "0-1"), serve(second, "2-3")).withRead(Duration.ofSeconds(20));
        RemoteWeights weights = opened(RemoteWeights.connect(patient, SPEC));
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            for (long sequence = 2; !done.get(); sequence++) {
                for (int shard = 0; shard < SHARDS; shard++) {
                    (shard < 2 ? first : second).set(shard, sequence % 1_000_000);
                }
                LockSupport.parkNanos(10_000);
            }
        });
        try {
            float[] found = new float[WANTED.length];
            for (int i = 0; i < 300; i++) {
                ServedVersion version = weights.read(WANTED, WANTED.length, found);
                for (int k = 0; k < found.length; k++) {
                    int shard = KeyHash.shardOf(WANTED[k], SHARDS);
                    assertEquals(version.shards().get(shard).sequence(), (long) found[k]);
                }
            }
        } finally {
            done.set(true);
        }
        writer.join();
    }

    @Test
    void damagedAnswersAreRefusedByName() {
        byte[] versions = PullCodec.versions(shelf(SHARDS, 3).version(), List.of(1, 2));
        ByteBuffer whole = ByteBuffer.wrap(versions).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(List.of(1, 2), List.copyOf(PullCodec.readVersions(whole).keySet()));
        assertEquals(0, whole.remaining());
        for (int length = 4; length < versions.length; length++) {
            ByteBuffer cut = ByteBuffer.wrap(versions, 0, length).order(ByteOrder.LITTLE_ENDIAN);
            assertThrows(IllegalArgumentException.class, () -> PullCodec.readVersions(cut));
        }
    }
}
