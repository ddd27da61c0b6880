package dev.millrace.learner.remote.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.Samples;
import dev.millrace.learner.remote.map.ShardMap;
import dev.millrace.learner.remote.protocol.Envelope;
import dev.millrace.learner.remote.protocol.Op;
import dev.millrace.learner.remote.shard.DeltaWriter;
import dev.millrace.learner.remote.shard.RemoteShard;
import dev.millrace.learner.remote.shard.ShardConfig;
import dev.millrace.learner.remote.shard.ShardOwner;
import dev.millrace.learner.remote.shard.ShardRecovery;
import dev.millrace.learner.remote.shard.ShardServer;
import dev.millrace.learner.remote.shard.SnapshotTarget;
import dev.millrace.learner.remote.worker.Journal;
import dev.millrace.learner.remote.worker.SampleFeed;
import dev.millrace.learner.remote.worker.Staleness;
import dev.millrace.learner.remote.worker.WorkerConfig;
import dev.millrace.learner.remote.worker.WorkerCore;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import dev.millrace.ps.wire.connect.FlatClients;
import dev.millrace.ps.wire.connect.FlatServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A learner whose shard map is one version old, over real connections. */
class OldMapTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id}}}");
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Endpoint ANY = Endpoint.tcp("127.0.0.1", 0);

    @TempDir
    Path dir;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<SampleBlock> samples = new ArrayList<>();
    private final AtomicReference<ShardMap> map = new AtomicReference<>(ShardMap.EMPTY);
    private final ConcurrentLinkedQueue<Runnable> inbox = new ConcurrentLinkedQueue<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened.reversed()) {
            each.close();
        }
    }

    private static final class NoLog implements DeltaWriter {
        private long offset;

        @Override
        public CompletableFuture<Long> append(Delta delta) {
            return CompletableFuture.completedFuture(offset++);
        }

        @Override
        public void close() {}
    }

    private static final class NoSnapshots implements SnapshotTarget {
        private long written = -1;

        @Override
        public boolean idle() {
            return true;
        }

        @Override
        public void begin(ShardState state, Future<Long> deltaOffset) {
            written = state.sequence();
        }

        @Override
        public void advance(long budgetNs) {}

        @Override
        public long written() {
            return written;
        }

        @Override
        public void close() {}
    }

    private final class Feed implements SampleFeed {
        private long at;

        @Override
        public void open(int partition, long from) {
            at = from;
        }

        @Override
        public void close(int partition) {}

        @Override
        public @Nullable Fed peek(int partition) {
            return at < samples.size() ? new Fed(at, samples.get((int) at)) : null;
        }

        @Override
        public void advance(int partition) {
            at++;
        }

        @Override
        public long position(int partition) {
            return at;
        }

        @Override
        public long beginning(int partition) {
            return 0;
        }
    }

    private ShardOwner owner(ShardState[] state) {
        ShardOwner owner = new ShardOwner(
                "m-0",
                ShardConfig.DEFAULT,
                () -> {
                    ShardRecovery.Recovered recovered = new ShardRecovery(SPEC, ShardState.Id.ONLY, null).finish(1);
                    state[0] = recovered.state();
                    return new RemoteShard(
                            recovered, new NoLog(), new NoSnapshots(), ShardConfig.DEFAULT, InstantSource.system(), 7);
                },
                epoch -> {});
        owner.start();
        opened.add(owner);
        return owner;
    }

    private FlatServer server(ShardServer handler) throws IOException {
        FlatServer server = FlatServer.start(List.of(ANY), handler, FlatShards.OPTIONS);
        opened.add(server);
        return server;
    }

    private static ShardMap mapOf(long version, FlatServer owner, long since) {
        SortedMap<Integer, ShardMap.Owner> owners = new TreeMap<>();
        owners.put(0, new ShardMap.Owner(owner.endpoints(), since, since));
        return new ShardMap(version, owners);
    }

    private WorkerCore worker() throws IOException {
        WorkerConfig config = WorkerConfig.of(Staleness.SYNC);
        WorkerCore worker = new WorkerCore(
                SPEC,
                1,
                config,
                Journal.open(dir, 1, config.journalBytes(), config.journalSegmentBytes()),
                new Feed(),
                new FlatShards(map::get),
                InstantSource.system(),
                inbox::add);
        opened.add(worker);
        worker.assign(List.of(0), 1);
        return worker;
    }

    private boolean step(WorkerCore worker) {
        for (Runnable answer = inbox.poll(); answer != null; answer = inbox.poll()) {
            answer.run();
        }
        return worker.step();
    }

    @Test
    void aLearnerWithAnOldMapIsRefusedAndGoesOnWithTheNewOne() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 50; i++) {
            samples.add(Samples.random(random, SPEC.fingerprint(), 10L * i, 5));
        }
        ShardServer before = new ShardServer();
        FlatServer old = server(before);
        ShardServer now = new ShardServer();
        FlatServer current = server(now);
        ShardState[] state = new ShardState[1];
        now.put(0, owner(state), 2);
        map.set(mapOf(1, old, 1));
        WorkerCore worker = worker();
        // The old owner answers, but no longer has the shard.
        Awaitility.await().atMost(PATIENCE).until(() -> {
            step(worker);
            return worker.toString().contains("DOWN");
        });
        assertEquals(0, worker.batches());
        map.set(mapOf(2, current, 2));
        Awaitility.await().atMost(PATIENCE).until(() -> {
            step(worker);
            return worker.batches() > 0 && worker.isIdle() && worker.applied().getOrDefault(0, 0L) == 50;
        });
        assertEquals(250, state[0].samples());
    }

    /** The shard was elsewhere in between and has come back: what was known of it by the older map does not hold. */
    @Test
    void aRequestByAMapOlderThanTheOwnershipIsRefusedThoughTheProcessIsTheSame() throws IOException {
        ShardServer handler = new ShardServer();
        FlatServer server = server(handler);
        handler.put(0, owner(new ShardState[1]), 3);
        try (FlatClient client = FlatClients.connect(server.endpoints().getFirst())) {
            Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                status(client, 0, 3);
                return true;
            });
            WireException old = assertThrows(WireException.class, () -> status(client, 0, 2));
            assertEquals(WireCode.WRONG_MAP, old.code());
            assertEquals(3, old.detail());
            assertEquals(
                    WireCode.NOT_OWNER,
                    assertThrows(WireException.class, () -> status(client, 1, 3))
                            .code());
        }
    }

    private static void status(FlatClient client, int shard, long mapVersion) {
        var envelope = new Envelope(SPEC.fingerprint(), mapVersion, 0, shard);
        client.ask(Op.STATUS, Envelope.BYTES, envelope::write).close();
    }
}
