package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.snapshot.SnapshotPlace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TieredRowsTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {price: {type: number, from: item.price, standardize: true},"
                    + " u: {type: category, from: user.id}}}");
    private static final ServingKeys KEYS = new ServingKeys(SPEC);
    private static final int SHARDS = 2;
    private static final int KEY_COUNT = 4_000;
    private static final int MAX_HOT = 300;
    private static final int STEPS = 300;

    @TempDir
    Path dir;

    private final AtomicBoolean stop = new AtomicBoolean();
    private volatile TieredRows rows;
    private DeltaApplier applier;
    private Clock clock = Clock.fixed(Instant.ofEpochMilli(1_000_000), ZoneOffset.UTC);
    private final long[] offsets = new long[SHARDS];

    @BeforeEach
    void open() throws IOException {
        rows = new TieredRows(RowStore.open(dir.resolve("rows")), KEYS, MAX_HOT, new Ticking());
        applier = new DeltaApplier(SPEC, rows, snapshots(), ShardSet.ALL, new Ticking(), v -> {});
        applier.resume(SHARDS);
    }

    private SnapshotPlace snapshots() {
        return SnapshotPlace.folder(dir.resolve("snapshots"));
    }

    /** Goes on with {@link #clock}, which is replaced. */
    private final class Ticking extends Clock {
        @Override
        public ZoneOffset getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return clock.instant();
        }
    }

    private static long key(Random random) {
        long number = 1L + random.nextInt(KEY_COUNT + KEY_COUNT / 4);
        return FeatureIds.pack((int) (number % 7), number * 77_777);
    }

    /** What was read is what training had at the sequences that the version names: the oracle holds all of it in memory. */
    private int readUntilStopped(List<SimulatedTraining> training, long seed) {
        Random random = new Random(seed);
        long[] keys = new long[40];
        float[] weights = new float[keys.length];
        int reads = 0;
        while (!stop.get()) {
            for (int i = 0; i < keys.length; i++) {
                keys[i] = key(random);
            }
            ServedVersion version;
            try {
                version = rows.read(keys, keys.length, weights);
            } catch (WeightsUnavailable closed) {
                continue;
            }
            for (int i = 0; i < keys.length; i++) {
                int shard = KEYS.shardOf(keys[i], SHARDS);
                long sequence = version.shards().isEmpty()
                        ? 0
                        : version.shards().get(shard).sequence();
                float expected = training.get(shard).at(sequence).getOrDefault(keys[i], 0f);
                assertEquals(expected, weights[i], "seed " + seed + ", key " + keys[i] + " at " + version);
            }
            reads++;
        }
        return reads;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void everyReadIsOfOneVersionWhateverMemoryHolds(long seed) throws Exception {
        Random random = new Random(seed);
        List<SimulatedTraining> training = new ArrayList<>();
        for (int shard = 0; shard < SHARDS; shard++) {
            training.add(new SimulatedTraining(SPEC, shard, SHARDS, random, KEY_COUNT));
        }
        try (ExecutorService readers = Executors.newFixedThreadPool(2)) {
            List<Future<Integer>> reads = new ArrayList<>();
            for (int reader = 0; reader < 2; reader++) {
                long readerSeed = seed * 10 + reader;
                reads.add(readers.submit(() -> readUntilStopped(training, readerSeed)));
            }
            try {
                for (int step = 0; step < STEPS; step++) {
                    step(random, training);
                    assertTrue(
                            rows.stats().rowsInMemory() <= MAX_HOT,
                            "rows in memory: " + rows.stats().rowsInMemory());
                }
            } finally {
                stop.set(true);
            }
            for (Future<Integer> one : reads) {
                assertTrue(one.get(30, TimeUnit.SECONDS) > 0);
            }
        } finally {
            applier.close();
        }
        assertTrue(rows.stats().bytes() < 100_000, "bytes: " + rows.stats().bytes());
        assertThrows(WeightsUnavailable.class, () -> rows.read(new long[] {FeatureIds.pack(1, 2)}, 1, new float[1]));
    }

    private void step(Random random, List<SimulatedTraining> training) throws IOException {
        int shard = random.nextInt(SHARDS);
        switch (random.nextInt(20)) {
            case 0 -> {
                applier.close();
                open();
                catchUp(training);
            }
            case 1 -> {
                training.get(shard).next(30);
                training.get(shard).next(30);
                assertTrue(applier.apply(training.get(shard).next(30), ++offsets[shard]) instanceof Applied.Gap);
                applier.persist();
                training.get(shard).writeSnapshot(dir.resolve("snapshots"), offsets[shard] - 1);
                assertEquals(offsets[shard], applier.mend(shard));
            }
            case 2, 3, 4, 5 -> applier.persist();
            default -> {
                Delta delta = training.get(shard).next(random.nextInt(60));
                assertEquals(new Applied.Advanced(delta.header().sequence()), applier.apply(delta, ++offsets[shard]));
            }
        }
    }

    /** What was not persisted is lost here, with no log to read it from: snapshots take its place. */
    private void catchUp(List<SimulatedTraining> training) throws IOException {
        for (int shard = 0; shard < SHARDS; shard++) {
            if (rows.version().shards().get(shard).sequence()
                    < training.get(shard).sequence()) {
                training.get(shard).writeSnapshot(dir.resolve("snapshots"), offsets[shard] - 1);
                applier.mend(shard);
            }
        }
    }

    @Test
    void whatIsUsedComesIntoMemoryAndStays() throws IOException {
        Random random = new Random(1);
        SimulatedTraining only = new SimulatedTraining(SPEC, 0, 1, random, KEY_COUNT);
        applier.close();
        rows = new TieredRows(RowStore.open(dir.resolve("one")), KEYS, MAX_HOT, clock);
        applier = new DeltaApplier(SPEC, rows, snapshots(), ShardSet.ALL, clock, v -> {});
        applier.resume(1);
        for (int i = 1; i <= 100; i++) {
            applier.apply(only.next(100), i);
            applier.persist();
        }
        long[] used = only.at(100).keySet().stream()
                .mapToLong(Long::longValue)
                .limit(100)
                .toArray();
        float[] weights = new float[used.length];
        rows.read(used, used.length, weights);
        applier.persist();
        int before = hot(used);
        assertEquals(used.length, before, "promoted");
        for (int i = 101; i <= 120; i++) {
            rows.read(used, used.length, weights);
            applier.apply(only.next(40), i);
            applier.persist();
        }
        assertTrue(hot(used) > 90, "still there: " + hot(used));
        assertTrue(rows.stats().rowsInMemory() <= MAX_HOT);
        assertTrue(rows.stats().evicted() > 0, "memory is smaller than the keys");
        applier.close();
    }

    private int hot(long[] keys) {
        int found = 0;
        for (long key : keys) {
            found += rows.isHot(key) ? 1 : 0;
        }
        return found;
    }

    @Test
    void isComparedWithTrainingOverMemoryAndDisk() throws IOException {
        Random random = new Random(1);
        List<SimulatedTraining> training = List.of(
                new SimulatedTraining(SPEC, 0, SHARDS, random, KEY_COUNT),
                new SimulatedTraining(SPEC, 1, SHARDS, random, KEY_COUNT));
        for (int i = 1; i <= 60; i++) {
            clock = Clock.offset(clock, Duration.ofSeconds(3));
            applier.apply(training.get(i % 2).next(80), i);
            if (i % 3 == 0) {
                applier.persist();
            }
        }
        assertEquals(
                Boolean.TRUE,
                ShardParity.equal(applier.parity()),
                () -> applier.parity().toString());
        assertTrue(applier.parity().stream().allMatch(p -> p.mismatches() == 0));
        applier.close();
    }

    @Test
    void aDeltaLargerThanTheBoundServesAsAWhole() throws IOException {
        long[] keys = new Random(3).longs(2 * MAX_HOT, 1, Long.MAX_VALUE).toArray();
        float[] ones = new float[keys.length];
        Arrays.fill(ones, 1f);
        var header = new Delta.Header(0, 1, SPEC.fingerprint(), 0, 0, new TreeMap<>(), 0, 0, 0);
        applier.apply(new Delta(header, keys, ones), 1);
        float[] read = new float[keys.length];
        rows.read(keys, keys.length, read);
        assertArrayEquals(ones, read);
        applier.persist();
        assertTrue(rows.stats().rowsInMemory() <= MAX_HOT);
        rows.read(keys, keys.length, read);
        assertArrayEquals(ones, read);
        applier.close();
    }
}
