package dev.millrace.ps.serve;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Deltas of several shards are duplicated, exchanged, lost and cut short, at random. Whatever happens, the rows of each
 * version are exactly those that training had at the sequences that the version names, and in the end all are there.
 */
class DeltaFaultsTest {
    private static final int DELTAS = 60;
    private static final Duration SHORT = Duration.ofMillis(1);

    @TempDir
    Path dir;

    private static ModelSpec spec(String weights) {
        return SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, policies: {weights: " + weights
                        + "}, slots: {price: {type: number, from: item.price, standardize: true},"
                        + " age: {type: number, from: user.age, standardize: true},"
                        + " u: {type: category, from: user.id}}}");
    }

    private final List<SimulatedTraining> training = new ArrayList<>();
    private final ConcurrentLinkedQueue<String> wrong = new ConcurrentLinkedQueue<>();

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void neverAWrongRowAndEqualInTheEnd(long seed) throws IOException {
        Random random = new Random(seed);
        int shards = 1 + random.nextInt(4);
        ModelSpec spec = spec(List.of("f32", "f16", "q2.13").get(random.nextInt(3)));
        for (int shard = 0; shard < shards; shard++) {
            training.add(new SimulatedTraining(spec, shard, shards, random, 400));
        }
        MemoryDeltaLog log = new MemoryDeltaLog(shards);
        VersionedWeights weights = new VersionedWeights(new LinearModel(spec));
        var applier = new DeltaApplier(
                spec,
                weights,
                RowStore.open(dir.resolve("rows")),
                SnapshotPlace.folder(dir.resolve("snapshots")),
                Clock.systemUTC(),
                version -> compare(new ServingKeys(spec), weights, version));
        try (var follower = new DeltaFollower("m", log::open, applier, new Backoff(SHORT, SHORT), SHORT)) {
            follower.start();
            for (SimulatedTraining one : training) {
                writeWithFaults(random, one, log);
            }
            for (int shard = 0; shard < shards; shard++) {
                training.get(shard).writeSnapshot(dir.resolve("snapshots"), log.ends()[shard] - 1);
                log.add(training.get(shard).next(5));
            }
            await().untilAsserted(() -> assertEquals(sequences(), sequences(weights.version()), "seed " + seed));
            await().untilAsserted(() -> assertEquals(List.of(), notEqual(applier), "seed " + seed));
        }
        assertEquals(List.of(), List.copyOf(wrong), "seed " + seed);
        assertTrue(applier.parity().stream().allMatch(p -> p.mismatches() == 0), "seed " + seed);
    }

    private void writeWithFaults(Random random, SimulatedTraining one, MemoryDeltaLog log) throws IOException {
        List<byte[]> records = new ArrayList<>();
        for (int i = 0; i < DELTAS; i++) {
            records.add(DeltaCodec.encode(one.next(random.nextInt(20))));
        }
        int shard = training.indexOf(one);
        for (int fault = 0; fault < 6; fault++) {
            int at = random.nextInt(records.size() - 1);
            switch (random.nextInt(4)) {
                case 0 -> records.add(at + random.nextInt(3), records.get(at));
                case 1 -> Collections.swap(records, at, at + 1);
                case 2 -> records.remove(at);
                default -> records.set(at, Arrays.copyOf(records.get(at), random.nextInt(records.get(at).length)));
            }
        }
        records.forEach(record -> log.add(shard, record));
    }

    private List<Long> sequences() {
        return training.stream().map(SimulatedTraining::sequence).toList();
    }

    private static List<Long> sequences(ServedVersion version) {
        return version.shards().stream().map(ShardVersion::sequence).toList();
    }

    private static List<ShardParity> notEqual(DeltaApplier applier) {
        return applier.parity().stream()
                .filter(p -> !Boolean.TRUE.equals(p.equal()))
                .toList();
    }

    /** On the applying thread, after each version. */
    private void compare(ServingKeys keys, VersionedWeights weights, ServedVersion version) {
        int shards = version.shards().size();
        List<Map<Long, Float>> found = new ArrayList<>();
        for (int shard = 0; shard < shards; shard++) {
            found.add(new HashMap<>());
        }
        var table = weights.table();
        table.forEachRow(row -> {
            float weight = table.getFloat(row, RowLayout.WEIGHT);
            if (weight != 0) {
                found.get(keys.shardOf(table.key(row), shards)).put(table.key(row), weight);
            }
        });
        for (int shard = 0; shard < shards; shard++) {
            long sequence = version.shards().get(shard).sequence();
            if (!found.get(shard).equals(training.get(shard).at(sequence))) {
                wrong.add("shard " + shard + " at " + sequence);
            }
        }
    }
}
