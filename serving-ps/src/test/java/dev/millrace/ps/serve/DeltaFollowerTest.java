package dev.millrace.ps.serve;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.ShardFolders;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeltaFollowerTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id}}}");
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(5_000), ZoneOffset.UTC);
    private static final Duration SHORT = Duration.ofMillis(1);

    @TempDir
    Path dir;

    private MemoryDeltaLog log = new MemoryDeltaLog();
    private final VersionedWeights weights = new VersionedWeights(new LinearModel(SPEC));
    private @Nullable DeltaFollower follower;

    private DeltaFollower start(Duration wait, Consumer<ServedVersion> listener) {
        RowStore store = RowStore.open(dir.resolve("rows"));
        var applier =
                new DeltaApplier(SPEC, weights, store, SnapshotPlace.folder(dir.resolve("snapshots")), CLOCK, listener);
        MemoryDeltaLog opened = log;
        DeltaFollower started = new DeltaFollower("m", opened::open, applier, new Backoff(wait, wait));
        follower = started;
        started.start();
        return started;
    }

    private DeltaFollower start() {
        return start(SHORT, v -> {});
    }

    @AfterEach
    void close() {
        if (follower != null) {
            follower.close();
        }
    }

    private static Delta delta(long sequence, long key) {
        return delta(0, sequence, key);
    }

    private static Delta delta(int shard, long sequence, long key) {
        var header = new Delta.Header(
                shard, sequence, SPEC.fingerprint(), 4_000, 3_000, new TreeMap<>(), sequence, 7 * sequence, 0);
        return new Delta(header, new long[] {key}, new float[] {sequence});
    }

    private void awaitVersion(long sequence) {
        await().untilAsserted(() -> assertEquals(sequence, weights.version().sequence()));
    }

    private void awaitCaughtUp(DeltaFollower of) {
        await().until(of::caughtUp);
    }

    @Test
    void afterAFailureItIsNotCaughtUpUntilItFollowsAgain() {
        log.add(delta(1, 10));
        DeltaFollower running = start(Duration.ofHours(1), v -> {});
        awaitCaughtUp(running);
        log.fail(new IllegalStateException("Kafka is away"));
        await().until(() -> !running.caughtUp());
        assertEquals(1, weights.version().sequence());
        assertTimeout(Duration.ofSeconds(5), running::close);
    }

    @Test
    void itGoesOnAfterExceptionsAndErrors() {
        log.fail(new IllegalStateException("Kafka is away"));
        log.fail(new AssertionError("a bug"));
        log.fail(new OutOfMemoryError("a test's"));
        log.add(delta(1, 10));
        DeltaFollower running = start();
        awaitVersion(1);
        awaitCaughtUp(running);
        log.fail(new IllegalStateException("away again"));
        log.add(delta(2, 11));
        awaitVersion(2);
        awaitCaughtUp(running);
        assertEquals(5, log.opened());
        assertEquals(4, log.closed());
    }

    @Test
    void itGoesOnWhenTheLogCannotBeOpenedAgain() {
        Queue<RuntimeException> refusals = new ConcurrentLinkedQueue<>();
        RowStore store = RowStore.open(dir.resolve("rows"));
        var applier =
                new DeltaApplier(SPEC, weights, store, SnapshotPlace.folder(dir.resolve("snapshots")), CLOCK, v -> {});
        DeltaFollower running = new DeltaFollower(
                "m",
                () -> {
                    RuntimeException refusal = refusals.poll();
                    if (refusal != null) {
                        throw refusal;
                    }
                    return log.open();
                },
                applier,
                new Backoff(SHORT, SHORT));
        follower = running;
        refusals.add(new IllegalStateException("no such host"));
        refusals.add(new IllegalStateException("no such host"));
        log.fail(new IllegalStateException("Kafka is away"));
        log.add(delta(1, 10));
        running.start();
        awaitVersion(1);
        assertTrue(refusals.isEmpty());
    }

    @Test
    void unreadableRecordsArePassedOverAsAWhole() {
        byte[] keyZero = DeltaCodec.encode(delta(1, 77));
        Arrays.fill(keyZero, keyZero.length - 16, keyZero.length - 8, (byte) 0);
        log.add(new byte[0]);
        log.add(keyZero);
        log.add(delta(1, 10));
        awaitCaughtUp(start());
        assertEquals(1, weights.version().sequence());
        assertEquals(1, weights.version().rows());
        assertEquals(1, log.opened());
    }

    /** Only bytes can be unreadable: what fails later is a failure, also of the same class. */
    @Test
    void aFailureWhileApplyingIsNoUnreadableRecord() {
        Queue<RuntimeException> failures = new ConcurrentLinkedQueue<>();
        failures.add(new IllegalArgumentException("not about bytes"));
        log.add(delta(1, 10));
        log.add(delta(2, 11));
        start(SHORT, v -> {
            RuntimeException failure = failures.poll();
            if (failure != null) {
                throw failure;
            }
        });
        awaitVersion(2);
        assertEquals(2, log.opened());
    }

    @Test
    void anExpiredBeginningIsMendedFromTheSnapshot() throws IOException {
        for (int sequence = 1; sequence <= 5; sequence++) {
            log.add(delta(sequence, sequence));
        }
        log.expireBefore(0, 3);
        DeltaFollower running = start();
        await().during(Duration.ofMillis(100)).until(() -> !running.caughtUp());
        assertEquals(0, weights.version().sequence());
        writeSnapshot(3, 2);
        awaitVersion(5);
        awaitCaughtUp(running);
    }

    private void writeSnapshot(long sequence, long deltaOffset) throws IOException {
        writeSnapshot(0, 1, 20, sequence, deltaOffset);
    }

    private void writeSnapshot(int shard, int shards, long key, long sequence, long deltaOffset) throws IOException {
        ParameterTable training = new OffHeapTable(RowLayout.TRAINING, 100);
        training.findOrInsert(key);
        var header = new Snapshot.Header(
                shard,
                sequence,
                deltaOffset,
                SPEC.fingerprint(),
                new TreeMap<>(),
                new TreeMap<>(),
                17,
                0,
                RowLayout.TRAINING,
                training.size());
        try (Snapshot snapshot = new Snapshot(header, SnapshotTables.copyRows(training), Extras.NONE)) {
            new SnapshotFolder(ShardFolders.of(dir.resolve("snapshots"), shard, shards), 2).write(snapshot);
        }
    }

    @Test
    void closingEndsAMendThatWaits() {
        log.add(delta(4, 10));
        DeltaFollower running = start();
        await().until(() -> log.position(0) == 1);
        assertTimeout(Duration.ofSeconds(5), running::close);
        assertFalse(running.caughtUp());
        assertEquals(1, log.closed());
    }

    /** The store is native memory: closed under a thread that uses it, it would take the process along. */
    @Test
    void theRowsAreClosedByTheFollowingThreadAtItsEnd() throws InterruptedException {
        DeltaFollower running = start();
        awaitCaughtUp(running);
        CountDownLatch hung = new CountDownLatch(1);
        log.hang(hung);
        await().until(log::hangs);
        Thread closing = Thread.ofVirtual().start(running::close);
        await().during(Duration.ofMillis(50)).until(closing::isAlive);
        assertThrows(IllegalStateException.class, () -> RowStore.open(dir.resolve("rows")));
        hung.countDown();
        closing.join();
        try (RowStore store = RowStore.open(dir.resolve("rows"))) {
            assertTrue(store.state().isEmpty());
        }
    }

    /** A key of the shard, of three. */
    private static long keyOf(int shard, long from) {
        long key = from;
        while (KeyHash.shardOf(key, 3) != shard) {
            key++;
        }
        return key;
    }

    @Test
    void aShardWithoutItsDeltasWaitsForItsSnapshotWhileTheOthersGoOn() throws IOException {
        log = new MemoryDeltaLog(3);
        long lost = keyOf(1, 1_000);
        long kept = keyOf(1, lost + 1);
        log.add(delta(0, 1, keyOf(0, 1_000)));
        log.add(delta(1, 1, lost));
        log.add(delta(1, 3, kept));
        log.add(delta(1, 4, kept));
        log.add(delta(2, 1, keyOf(2, 1_000)));
        DeltaFollower running = start();
        awaitVersion(3);
        log.add(delta(2, 2, keyOf(2, 2_000)));
        awaitVersion(4);
        assertFalse(running.caughtUp());
        assertEquals(1, weights.version().shards().get(1).sequence());
        writeSnapshot(1, 3, kept, 3, 1);
        awaitVersion(7);
        awaitCaughtUp(running);
        assertEquals(
                List.of(1L, 4L, 2L),
                weights.version().shards().stream().map(ShardVersion::sequence).toList());
        assertEquals(ParameterTable.MISSING, weights.table().find(lost), "not in the snapshot");
        assertEquals(4, weights.version().rows());
    }

    @Test
    void itComesBackFromDiskWithEachShardsOffset() {
        log = new MemoryDeltaLog(2);
        log.add(delta(0, 1, keyOf(0, 1)));
        log.add(delta(1, 1, keyOf(1, 1)));
        log.add(delta(1, 2, keyOf(1, 1)));
        DeltaFollower first = start();
        awaitVersion(3);
        first.close();
        log.expireBefore(1, 2);
        log.expireBefore(0, 1);
        weights.replace(weights.emptyTable(), ServedVersion.NONE);
        log.add(delta(0, 2, keyOf(0, 1)));
        DeltaFollower again = start();
        awaitVersion(4);
        awaitCaughtUp(again);
        assertEquals(2, weights.version().rows());
    }

    @Test
    void aRecordOnAnotherShardsPartitionIsPassedOver() {
        log = new MemoryDeltaLog(2);
        log.add(0, DeltaCodec.encode(delta(1, 1, 10)));
        log.add(0, DeltaCodec.encode(delta(5, 1, 10)));
        log.add(delta(0, 1, 10));
        awaitCaughtUp(start());
        assertEquals(1, weights.version().sequence());
        assertEquals(1, log.opened());
    }
}
