package dev.millrace.ps.redis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ServingSnapshots;
import dev.millrace.ps.serve.WeightsUnavailable;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RedisDeltaSinkTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(5_000), ZoneOffset.UTC);
    private static final ModelSpec SPEC = spec("user.id");
    private static final ModelSpec OTHER = spec("user.name");

    private RedisProcess server;
    private Path folder = Path.of("");
    private RedisConfig config;
    private RedisLink link;
    private RedisDeltaSink sink;
    private RedisWeights weights;
    private final List<Long> heard = new ArrayList<>();

    private static ModelSpec spec(String from) {
        return SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, slots: {u: {type: category, from: "
                        + from + "}}}");
    }

    @BeforeAll
    void start(@TempDir Path dir) throws IOException {
        RedisProcess.assumeInstalled();
        server = RedisProcess.start(dir);
        config = server.config();
    }

    @AfterAll
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void open(@TempDir Path dir) throws IOException {
        folder = dir;
        server.call(redis -> redis.flushall());
        link = new RedisLink(config);
        sink = sink(SPEC);
        weights = new RedisWeights(SPEC, config, link);
        heard.clear();
    }

    @AfterEach
    void close() {
        link.close();
    }

    private RedisDeltaSink sink(ModelSpec spec) {
        return new RedisDeltaSink(
                spec,
                config,
                link,
                new ServingSnapshots(spec, SnapshotPlace.folder(folder)),
                CLOCK,
                version -> heard.add(version.sequence()));
    }

    private static Delta delta(int shard, long sequence, long[] keys, float weight) {
        float[] values = new float[keys.length];
        java.util.Arrays.fill(values, weight);
        var ranges = new TreeMap<>(Map.of(1, new Delta.Range(sequence, sequence + 1)));
        var header =
                new Delta.Header(shard, sequence, SPEC.fingerprint(), 4_000, 3_000, ranges, sequence, 7 * sequence, 2);
        return new Delta(header, keys, values);
    }

    private void apply(int shard, long sequence, long[] keys, float weight) {
        assertInstanceOf(Applied.Advanced.class, sink.apply(delta(shard, sequence, keys, weight), sequence));
    }

    private float[] read(long... keys) {
        float[] found = new float[keys.length];
        weights.read(keys, keys.length, found);
        return found;
    }

    private static long[] keys(long from, long to) {
        return LongStream.range(from, to).map(KeyHash::mix).toArray();
    }

    @Test
    void whatWasAppliedIsReadWithItsVersion() throws IOException {
        assertArrayEquals(new long[] {-1}, sink.resume(1));
        apply(0, 1, new long[] {5, 6, 7}, 0.25f);
        apply(0, 2, new long[] {6}, -0.0f);
        apply(0, 3, new long[] {7}, Float.NaN);
        assertTrue(heard.isEmpty(), "nobody hears of what Redis does not have");
        sink.persist();
        assertEquals(List.of(1L, 2L, 3L), heard);
        float[] found = new float[4];
        ServedVersion version = weights.read(new long[] {7, 5, 6, 99}, 4, found);
        assertArrayEquals(new float[] {0f, 0.25f, -0.0f, 0f}, found);
        assertEquals(3, version.sequence());
        assertEquals(Map.of(1, 4L), version.sampleOffsets());
        assertEquals(21, version.sampleIdSum());
        assertEquals(3_000, version.watermarkMs());
        assertEquals(5_000, version.appliedMs());
        RedisWeights.State state = weights.state();
        assertEquals(2, state.version().rows());
        assertEquals(3, state.version().samples());
    }

    @Test
    void anotherBridgeGoesOnWhereTheFirstStopped() throws IOException {
        sink.resume(1);
        apply(0, 1, keys(1, 50), 1f);
        sink.persist();
        apply(0, 2, keys(1, 50), 2f);
        // The second delta is not written: it is read from the log again.
        sink = sink(SPEC);
        assertArrayEquals(new long[] {1}, sink.resume(1));
        assertInstanceOf(Applied.Duplicate.class, sink.apply(delta(0, 1, keys(1, 2), 9f), 1));
        assertInstanceOf(Applied.Gap.class, sink.apply(delta(0, 3, keys(1, 2), 9f), 3));
        apply(0, 2, keys(1, 50), 2f);
        sink.persist();
        assertEquals(2f, read(keys(1, 50))[17]);
    }

    @Test
    void aBridgeThatDiedBetweenTwoBucketsIsMendedByTheNext() throws IOException {
        sink.resume(1);
        long[] all = keys(1, 200);
        apply(0, 1, all, 1f);
        sink.persist();
        var layout = new RedisLayout("m", 1, config.bucketsPerShard());
        Rows rows = new Rows(1);
        for (long key : all) {
            if (layout.bucketOf(key, 0) == 0) {
                rows.put(key, new float[] {2f}, 0);
            }
        }
        BucketState before = BucketState.decode(link.commands()
                .hget(layout.bucket(0), Scripts.STATE)
                .toCompletableFuture()
                .join());
        ServedVersion second = ServedVersion.before(1)
                .after(delta(0, 1, all, 1f).header(), 0)
                .after(delta(0, 2, all, 2f).header(), 0);
        var after = new BucketState(
                SPEC.fingerprint(),
                1,
                before.bucketsPerShard(),
                2,
                second.shards().getFirst(),
                0,
                0);
        new Scripts(link.commands())
                .apply(layout.bucket(0), after, 1, rows)
                .toCompletableFuture()
                .join();
        WeightsUnavailable e = assertThrows(WeightsUnavailable.class, () -> read(all));
        assertTrue(String.valueOf(e.getMessage()).contains("between two versions"), e.getMessage());
        assertEquals(
                2f,
                read(java.util.Arrays.stream(all)
                        .filter(k -> layout.bucketOf(k, 0) == 0)
                        .toArray())[0]);
        sink = sink(SPEC);
        assertArrayEquals(new long[] {1}, sink.resume(1));
        apply(0, 2, all, 2f);
        apply(0, 3, keys(1, 2), 3f);
        sink.persist();
        float[] expected = new float[all.length];
        java.util.Arrays.fill(expected, 2f);
        expected[0] = 3f;
        assertArrayEquals(expected, read(all));
    }

    @Test
    void aBucketThatWasLostIsNoZeroAndIsFilledAgain() throws IOException {
        sink.resume(1);
        apply(0, 1, keys(1, 100), 1f);
        sink.persist();
        server.call(redis -> redis.del("millrace:{m:0:2}"));
        WeightsUnavailable e = assertThrows(WeightsUnavailable.class, () -> read(keys(1, 100)));
        assertEquals("Redis lacks weights of model m", e.getMessage());
        apply(0, 2, keys(1, 2), 2f);
        assertThrows(IllegalStateException.class, sink::persist);
        writeSnapshot(0, 1, 20, 5, 4);
        assertArrayEquals(new long[] {5}, sink.resume(1));
        float[] found = new float[2];
        assertEquals(5, weights.read(new long[] {20, keys(1, 2)[0]}, 2, found).sequence());
        assertEquals(0f, found[1], "the snapshot's rows took the place of all");
        assertTrue(found[0] != 0f);
    }

    @Test
    void aGapIsMendedFromTheShardsSnapshot() throws IOException {
        sink.resume(2);
        long one = keyOf(1);
        long zero = keyOf(0);
        apply(1, 1, new long[] {one}, 1f);
        apply(0, 1, new long[] {zero}, 1f);
        assertInstanceOf(Applied.Gap.class, sink.apply(delta(1, 3, new long[] {one}, 3f), 3));
        assertEquals(-1, sink.mend(1));
        writeSnapshot(1, 2, one, 7, 6);
        assertEquals(7, sink.mend(1));
        float[] found = new float[2];
        ServedVersion version = weights.read(new long[] {zero, one}, 2, found);
        assertEquals(8, version.sequence());
        assertEquals(7, version.shards().get(1).sequence());
        assertEquals(1f, found[0]);
        assertTrue(found[1] != 1f && found[1] != 0f);
        apply(1, 8, new long[] {one}, 8f);
        sink.persist();
        assertArrayEquals(new float[] {8f}, read(one));
    }

    private static long keyOf(int shard) {
        return LongStream.range(1_000, 2_000)
                .filter(k -> KeyHash.shardOf(k, 2) == shard)
                .findFirst()
                .orElseThrow();
    }

    private void writeSnapshot(int shard, int shards, long key, long sequence, long deltaOffset) throws IOException {
        OffHeapTable training = new OffHeapTable(RowLayout.TRAINING, 100);
        long row = training.findOrInsert(key);
        training.setFloat(row, RowLayout.Z, -20f);
        training.setFloat(row, RowLayout.N, 4f);
        write(training, shard, shards, sequence, deltaOffset);
    }

    private void write(ParameterTable training, int shard, int shards, long sequence, long deltaOffset)
            throws IOException {
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
            new SnapshotFolder(ShardFolders.of(folder, shard, shards), 2).write(snapshot);
        }
    }

    @Test
    void weightsOfAnotherSpecAreRefusedAndThenReplaced() throws IOException {
        sink.resume(1);
        apply(0, 1, keys(1, 100), 1f);
        sink.persist();
        RedisWeights others = new RedisWeights(OTHER, config, link);
        WeightsUnavailable e =
                assertThrows(WeightsUnavailable.class, () -> others.read(new long[] {1}, 1, new float[1]));
        assertEquals("Redis holds weights of another spec of model m", e.getMessage());
        assertInstanceOf(Applied.WrongSpec.class, sink(OTHER).apply(delta(0, 1, keys(1, 2), 1f), 1));
        assertArrayEquals(new long[] {-1, -1}, sink(OTHER).resume(2));
        assertEquals(0, others.read(new long[] {1}, 1, new float[1]).sequence());
        WeightsUnavailable mine = assertThrows(WeightsUnavailable.class, () -> read(1));
        assertEquals("Redis holds weights of another spec of model m", mine.getMessage());
    }

    @Test
    void anEmptyRedisGivesNoWeights() {
        WeightsUnavailable e = assertThrows(WeightsUnavailable.class, () -> read(1));
        assertEquals("Redis holds no weights of model m", e.getMessage());
    }

    @Test
    void aFrozenRedisFailsWithinTheDeadlineAndThenGoesOn() throws Exception {
        config = server.config().withTimeouts(Duration.ofMillis(200), Duration.ofMillis(300), Duration.ofSeconds(1));
        sink = sink(SPEC);
        weights = new RedisWeights(SPEC, config, link);
        sink.resume(1);
        apply(0, 1, new long[] {5}, 1f);
        sink.persist();
        server.freeze();
        try {
            long start = System.nanoTime();
            assertThrows(WeightsUnavailable.class, () -> read(5));
            assertTrue(Duration.ofNanos(System.nanoTime() - start).toMillis() < 2_000);
            apply(0, 2, new long[] {5}, 2f);
            assertThrows(WeightsUnavailable.class, sink::persist);
        } finally {
            server.thaw();
            config = server.config();
        }
        weights = new RedisWeights(SPEC, config, link);
        // What was sent may have been applied after all.
        long next = sink.resume(1)[0];
        assertTrue(next == 1 || next == 2, "" + next);
        sink.apply(delta(0, 2, new long[] {5}, 2f), 2);
        sink.persist();
        assertArrayEquals(new float[] {2f}, read(5));
    }

    /** All keys weigh the same in one version of their shard, another weight in the next. */
    @Test
    void aReadNeverSeesTwoVersionsOfAShard() throws Exception {
        sink.resume(2);
        long[][] byShard = new long[2][];
        for (int shard = 0; shard < 2; shard++) {
            int mine = shard;
            byShard[shard] = LongStream.range(1, 600)
                    .filter(k -> KeyHash.shardOf(k, 2) == mine)
                    .toArray();
            apply(shard, 1, byShard[shard], 1f);
        }
        sink.persist();
        long[] all = LongStream.concat(LongStream.of(byShard[0]), LongStream.of(byShard[1]))
                .toArray();
        AtomicBoolean done = new AtomicBoolean();
        CompletableFuture<Integer> reads = CompletableFuture.supplyAsync(() -> readUntil(done, all, byShard[0].length));
        try {
            for (long sequence = 2; sequence <= 300; sequence++) {
                for (int shard = 0; shard < 2; shard++) {
                    apply(shard, sequence, byShard[shard], sequence);
                }
                sink.persist();
            }
        } finally {
            done.set(true);
        }
        assertTrue(reads.join() > 20, "" + reads.join());
    }

    private int readUntil(AtomicBoolean done, long[] all, int ofShard0) {
        int reads = 0;
        float[] found = new float[all.length];
        for (; !done.get(); reads++) {
            ServedVersion version = weights.read(all, all.length, found);
            for (int i = 0; i < all.length; i++) {
                assertEquals(version.shards().get(i < ofShard0 ? 0 : 1).sequence(), (long) found[i]);
            }
        }
        return reads;
    }
}
