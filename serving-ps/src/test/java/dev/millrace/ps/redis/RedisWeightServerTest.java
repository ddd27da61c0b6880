package dev.millrace.ps.redis;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.serve.MemoryDeltaLog;
import dev.millrace.ps.serve.WeightReader;
import dev.millrace.ps.serve.WeightsUnavailable;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.table.KeyHash;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisWeightServerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LEASE = Duration.ofMillis(600);
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id}}}");
    private static final int SHARDS = 2;

    @TempDir
    Path dir;

    private final MemoryDeltaLog log = new MemoryDeltaLog(SHARDS);
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private long sequence;

    @BeforeEach
    void needsRedis() {
        RedisProcess.assumeInstalled();
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

    private RedisWeightServer bridging(RedisConfig config, MemoryDeltaLog from) {
        return opened(RedisWeightServer.bridging(
                config.withTimeouts(Duration.ofMillis(500), Duration.ofSeconds(2), LEASE),
                from::open,
                SnapshotPlace.folder(dir.resolve("snapshots")),
                SPEC,
                Clock.systemUTC()));
    }

    /** All of a shard's keys get the weight of its next delta. */
    private void learn(MemoryDeltaLog... logs) {
        sequence++;
        for (int shard = 0; shard < SHARDS; shard++) {
            long[] keys = keys(shard);
            float[] weights = new float[keys.length];
            Arrays.fill(weights, sequence);
            var header = new Delta.Header(shard, sequence, SPEC.fingerprint(), 1, 1, new TreeMap<>(), sequence, 0, 0);
            for (MemoryDeltaLog to : logs) {
                to.add(new Delta(header, keys, weights));
            }
        }
    }

    private static long[] keys(int shard) {
        return LongStream.range(1, 400)
                .filter(key -> KeyHash.shardOf(key, SHARDS) == shard)
                .toArray();
    }

    private void awaitLearned(WeightReader reader) {
        long[] keys = LongStream.range(1, 400).toArray();
        float[] found = new float[keys.length];
        await().atMost(PATIENCE)
                .ignoreExceptionsInstanceOf(WeightsUnavailable.class)
                .until(() -> {
                    long read = reader.read(keys, keys.length, found).sequence();
                    return read == SHARDS * sequence;
                });
        for (float weight : found) {
            assertEquals(sequence, weight);
        }
    }

    @Test
    void whoOnlyReadsHearsFromRedisWhatTheBridgeSays() throws IOException {
        RedisProcess redis = opened(RedisProcess.start(dir.resolve("redis")));
        RedisWeightServer reader = opened(RedisWeightServer.reading(redis.config(), SPEC, Clock.systemUTC()));
        assertFalse(reader.caughtUp());
        learn(log);
        RedisWeightServer writer = bridging(redis.config(), log);
        List<Long> heard = new CopyOnWriteArrayList<>();
        writer.onApplied(version -> heard.add(version.sequence()));
        awaitLearned(reader);
        await().atMost(PATIENCE).until(() -> reader.caughtUp() && writer.caughtUp());
        for (int i = 0; i < 5; i++) {
            learn(log);
        }
        awaitLearned(writer);
        await().atMost(PATIENCE).until(() -> reader.version().sequence() == SHARDS * sequence);
        assertEquals(399, reader.version().rows());
        // In the bridge's own process listeners hear of each version.
        await().atMost(PATIENCE).until(() -> heard.contains(SHARDS * sequence));
        assertEquals(
                LongStream.rangeClosed(heard.getFirst(), SHARDS * sequence)
                        .boxed()
                        .toList(),
                heard);
    }

    @Test
    void oneBridgeWritesAndTheOtherTakesItsPlace() throws IOException {
        RedisProcess redis = opened(RedisProcess.start(dir.resolve("redis")));
        MemoryDeltaLog otherLog = new MemoryDeltaLog(SHARDS);
        learn(log, otherLog);
        RedisWeightServer first = bridging(redis.config(), log);
        awaitLearned(first);
        RedisWeightServer second = bridging(redis.config(), otherLog);
        await().during(LEASE.multipliedBy(2)).atMost(PATIENCE).until(() -> !second.writes());
        assertTrue(first.writes());
        first.close();
        await().atMost(PATIENCE).until(second::writes);
        learn(otherLog);
        awaitLearned(second);
    }

    @Test
    void aRedisThatLostEverythingIsFilledAgain() throws IOException, InterruptedException {
        RedisProcess redis = opened(RedisProcess.start(dir.resolve("redis")));
        RedisWeightServer server = bridging(redis.config(), log);
        learn(log);
        awaitLearned(server);
        await().atMost(PATIENCE).until(server::caughtUp);
        redis.kill();
        assertThrows(WeightsUnavailable.class, () -> server.read(new long[] {1}, 1, new float[1]));
        await().atMost(PATIENCE).until(() -> !server.caughtUp());
        learn(log);
        redis.restart();
        awaitLearned(server);
        await().atMost(PATIENCE).until(server::caughtUp);
    }

    @Test
    void aClusterIsFoundAndEveryNodeHasItsPart() throws IOException {
        List<RedisProcess> nodes = RedisProcess.startCluster(dir.resolve("redis"), 3);
        nodes.forEach(this::opened);
        RedisConfig config =
                RedisConfig.of("redis://127.0.0.1:" + nodes.get(0).port + ",127.0.0.1:" + nodes.get(1).port);
        RedisWeightServer server = bridging(config.withBuckets(8), log);
        learn(log);
        awaitLearned(server);
        for (int i = 0; i < 20; i++) {
            learn(log);
        }
        awaitLearned(server);
        List<Long> sizes = new ArrayList<>();
        nodes.forEach(node -> sizes.add(node.call(redis -> redis.dbsize())));
        assertTrue(sizes.stream().allMatch(size -> size > 0), sizes.toString());
        assertEquals(2 + SHARDS * 8, sizes.stream().mapToLong(Long::longValue).sum(), sizes.toString());
    }

    @Test
    void anAddressThatIsNoneIsRefusedWithoutShowingIt() {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> RedisConfig.of("http://me:secret@host"));
        assertFalse(String.valueOf(e.getMessage()).contains("secret"));
        assertTrue(String.valueOf(e.getMessage()).contains("redis://host:port"));
    }
}
