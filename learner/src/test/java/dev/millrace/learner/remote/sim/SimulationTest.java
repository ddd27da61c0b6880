package dev.millrace.learner.remote.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.remote.push.BatchStep;
import dev.millrace.learner.remote.push.BatchSteps;
import dev.millrace.learner.remote.push.Push;
import dev.millrace.learner.remote.push.PushApplier;
import dev.millrace.learner.remote.push.Routes;
import dev.millrace.learner.remote.push.SampleBatch;
import dev.millrace.learner.remote.worker.Journal;
import dev.millrace.learner.remote.worker.Staleness;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.ServedRows;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Learners and shards are killed at any moment, messages are lost, doubled, delayed and reordered, deltas and snapshots
 * fail: every sample counts once, and what was published is what the rows serve.
 */
class SimulationTest {
    private static final ModelSpec LINEAR = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id}}}");
    private static final ModelSpec NETWORK = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id}},"
                    + " network: {type: deepfm, dim: 2, hidden: [3], batch: 8, dense: {type: adam, rate: 0.01}}}");
    private static final int SHARDS = 3;
    private static final int PARTITIONS = 4;
    private static final long FAULTS_MS = 20_000;
    private static final long QUIET_MS = 120_000;

    @TempDir
    Path dir;

    /** {@code -Dmillrace.seeds=1000} runs that many; {@code -Dmillrace.firstSeed} says from where on. */
    static LongStream seeds() {
        long first = Long.getLong("millrace.firstSeed", 1);
        return LongStream.range(first, first + Long.getLong("millrace.seeds", 6));
    }

    private ModelSpec spec = LINEAR;
    private final List<SimShard> shards = new ArrayList<>();
    private final List<SimLearner> learners = new ArrayList<>();

    /** Gives every partition to a learner that lives, as a group coordinator does. */
    private final class Group {
        private final SimWorld world;
        private final Map<Integer, SimLearner> owners = new HashMap<>();
        private long generation;

        Group(SimWorld world) {
            this.world = world;
            rebalance();
        }

        void rebalance() {
            generation++;
            List<SimLearner> alive =
                    learners.stream().filter(SimLearner::isAlive).toList();
            Map<SimLearner, Set<Integer>> given = new HashMap<>();
            for (int p = 0; p < PARTITIONS && !alive.isEmpty(); p++) {
                SimLearner next = alive.get((p + (int) generation) % alive.size());
                SimLearner before = owners.put(p, next);
                int partition = p;
                if (before != null && before != next) {
                    // It may learn of it late.
                    world.in(world.delayMs(), () -> {
                        if (owners.get(partition) != before) {
                            before.revoke(Set.of(partition));
                        }
                    });
                }
                given.computeIfAbsent(next, l -> new HashSet<>()).add(p);
            }
            long epoch = generation;
            given.forEach((learner, mine) -> world.in(world.delayMs(), () -> {
                if (generation == epoch) {
                    learner.assign(mine, epoch);
                }
            }));
        }
    }

    private SimWorld run(long seed, int learnerCount, Staleness staleness, long journalBytes) {
        SimWorld world = new SimWorld(seed, spec, PARTITIONS);
        for (int k = 0; k < SHARDS; k++) {
            shards.add(new SimShard(world, new ShardState.Id(k, SHARDS)));
        }
        for (int l = 0; l < learnerCount; l++) {
            learners.add(new SimLearner(world, shards, dir.resolve("learner-" + l), staleness, journalBytes));
        }
        Group group = new Group(world);
        for (long at = 0; at < FAULTS_MS; at += 1 + world.random.nextInt(20)) {
            world.in(at, world::produce);
        }
        for (long at = 500; at < FAULTS_MS; at += 300 + world.random.nextInt(1_500)) {
            world.in(at, () -> fault(world, group));
        }
        world.runUntil(world.nowMs() + FAULTS_MS + 2_000);
        world.faulty = false;
        long deadline = world.nowMs() + QUIET_MS;
        while (!isSettled(world) && world.nowMs() < deadline) {
            world.runUntil(world.nowMs() + 100);
        }
        assertTrue(
                isSettled(world),
                () -> "seed " + seed + " still waits: "
                        + learners.stream().map(l -> String.valueOf(l.core())).toList());
        return world;
    }

    private void fault(SimWorld world, Group group) {
        int which = world.random.nextInt(SHARDS + learners.size() + 1);
        long backAfterMs = 20L + world.random.nextInt(1_000);
        if (which < SHARDS) {
            SimShard shard = shards.get(which);
            if (shard.isAlive()) {
                shard.kill();
                world.in(backAfterMs, shard::start);
            }
        } else if (which < SHARDS + learners.size()) {
            SimLearner learner = learners.get(which - SHARDS);
            if (learner.isAlive()) {
                learner.kill();
                world.in(backAfterMs / 2, group::rebalance);
                world.in(backAfterMs, () -> {
                    learner.start();
                    group.rebalance();
                });
            }
        } else {
            group.rebalance();
        }
    }

    private boolean isSettled(SimWorld world) {
        return learners.stream().allMatch(l -> l.isAlive() && l.core().isIdle())
                && shards.stream().allMatch(shard -> shard.isAlive() && isWhole(world, shard));
    }

    private static boolean isWhole(SimWorld world, SimShard shard) {
        for (int p = 0; p < PARTITIONS; p++) {
            if (shard.state().nextOffset(p) != world.samples.get(p).size()) {
                return false;
            }
        }
        var status = shard.shard().status();
        return status.openRows() == 0 && status.published() == status.sequence();
    }

    // ---- oracle ----

    private record Count(long updates, long idSum) {}

    private static Map<Long, Count> expected(SimWorld world) {
        Map<Long, Count> rows = new HashMap<>();
        for (List<SampleBlock> log : world.samples) {
            Set<Long> seen = new HashSet<>();
            for (SampleBlock block : log) {
                for (int i = 0; i < block.size(); i++) {
                    long id = block.sampleId(i);
                    if (seen.add(id)) {
                        for (int f = block.offset(i); f < block.offset(i + 1); f++) {
                            rows.merge(
                                    block.featureId(f),
                                    new Count(1, id),
                                    (a, b) -> new Count(a.updates + b.updates, a.idSum + b.idSum));
                        }
                    }
                }
            }
        }
        return rows;
    }

    private void assertCountsAgree(SimWorld world, long seed) {
        Map<Long, Count> found = new HashMap<>();
        for (SimShard shard : shards) {
            ParameterTable table = shard.state().table();
            table.forEachRow(row -> {
                if (!FeatureIds.isLayers(table.key(row))) {
                    found.put(
                            table.key(row),
                            new Count(table.getInt(row, RowLayout.UPDATES), table.getLong(row, RowLayout.ID_SUM)));
                }
            });
        }
        assertEquals(expected(world), found, "seed " + seed);
    }

    /** What a replica of the delta log serves: no gap, no owner's delta after a later owner's, in the end the rows. */
    private void assertLogServes(long seed) {
        ServedRows rows = new ServedRows(spec);
        for (SimShard shard : shards) {
            Map<Long, String> served = new TreeMap<>();
            long sequence = 0;
            long epoch = 0;
            for (Delta delta : shard.log) {
                Delta.Header header = delta.header();
                boolean takesOver = header.epoch() > epoch;
                assertTrue(header.sequence() <= sequence + 1, "seed " + seed + ": gap before " + header);
                if (takesOver || (header.epoch() == epoch && header.sequence() > sequence)) {
                    epoch = header.epoch();
                    sequence = header.sequence();
                    for (int i = 0; i < delta.keys().length; i++) {
                        int at = delta.at(i);
                        served.put(
                                delta.keys()[i],
                                Arrays.toString(Arrays.copyOfRange(delta.weights(), at, at + delta.width())));
                    }
                }
            }
            Map<Long, String> learned = new TreeMap<>();
            ParameterTable table = shard.state().table();
            table.forEachRow(
                    row -> rows.serveRowsAgain(table, row, (key, its) -> learned.put(key, Arrays.toString(its))));
            assertEquals(learned, served, "seed " + seed);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void everySampleCountsOnceWhateverFails(long seed) {
        Staleness staleness = List.of(Staleness.SYNC, Staleness.parse("bounded:3"), Staleness.ASYNC)
                .get((int) (seed % 3));
        // Small, so that it does not lead back to every snapshot.
        SimWorld world = run(seed, 2, staleness, seed % 2 == 0 ? 20_000 : 1 << 20);
        assertCountsAgree(world, seed);
        assertLogServes(seed);
    }

    /** Embeddings, layers and what their optimizers keep, beside the counts. */
    @ParameterizedTest
    @MethodSource("seeds")
    void aNetworkCountsOnceToo(long seed) {
        spec = NETWORK;
        everySampleCountsOnceWhateverFails(seed);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aNetworksBitsAreThoseOfAnUndisturbedRun(long seed) throws IOException {
        spec = NETWORK;
        withOneLearnerTheBitsAreThoseOfAnUndisturbedRun(seed);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void withOneLearnerTheBitsAreThoseOfAnUndisturbedRun(long seed) throws IOException {
        SimWorld world = run(seed, 1, Staleness.SYNC, 1 << 26);
        assertCountsAgree(world, seed);
        assertLogServes(seed);
        assertEquals(0, learners.getFirst().rereads + learners.getFirst().core().rereads(), "seed " + seed);
        List<ShardState> undisturbed = replay(world);
        for (int k = 0; k < SHARDS; k++) {
            assertEquals(bits(undisturbed.get(k)), bits(shards.get(k).state()), "seed " + seed);
        }
    }

    /** The journal's batches in one process; the pushes must come out as they were sent. */
    private List<ShardState> replay(SimWorld world) throws IOException {
        List<ShardState> states = new ArrayList<>();
        List<PushApplier> appliers = new ArrayList<>();
        for (int k = 0; k < SHARDS; k++) {
            states.add(ShardState.empty(spec, new ShardState.Id(k, SHARDS)));
            appliers.add(new PushApplier(states.get(k)));
        }
        Map<Integer, Set<Long>> seen = new HashMap<>();
        try (Journal journal = Journal.open(learners.getFirst().journal, SHARDS, 1 << 26, 1 << 23)) {
            for (Journal.Entry e = journal.at(0); e != null; e = journal.at(e.sequence() + 1)) {
                Set<Long> ids = seen.computeIfAbsent(e.partition(), p -> new HashSet<>());
                List<ByteBuffer> learned = learn(world, e, ids, appliers);
                for (int k = 0; k < SHARDS; k++) {
                    ByteBuffer sent = journal.push(e, k);
                    assertEquals(learned.get(k), sent, "batch " + e.sequence());
                    appliers.get(k).apply(new Push(sent));
                }
            }
        }
        appliers.forEach(PushApplier::flush);
        return states;
    }

    private List<ByteBuffer> learn(SimWorld world, Journal.Entry entry, Set<Long> seen, List<PushApplier> appliers) {
        SampleBatch batch = new SampleBatch(entry.partition(), entry.first(), spec.fingerprint(), seen::add);
        for (long offset = entry.first(); offset < entry.next(); offset++) {
            batch.add(offset, world.samples.get(entry.partition()).get((int) offset));
        }
        Routes routes = new Routes(spec, SHARDS);
        BatchStep step = new BatchSteps(spec, routes).gather(batch);
        step.pullFrom(appliers);
        step.learn();
        List<ByteBuffer> pushes = new ArrayList<>();
        for (int k = 0; k < SHARDS; k++) {
            pushes.add(step.push(k));
        }
        return pushes;
    }

    private static Map<Long, List<Integer>> bits(ShardState state) {
        Map<Long, List<Integer>> rows = new TreeMap<>();
        ParameterTable table = state.table();
        int vector = table.layout().vectorFloats() + table.layout().optimizerFloats();
        table.forEachRow(row -> {
            List<Integer> bits = new ArrayList<>(List.of(
                    Float.floatToRawIntBits(table.getFloat(row, RowLayout.Z)),
                    Float.floatToRawIntBits(table.getFloat(row, RowLayout.N)),
                    table.getInt(row, RowLayout.UPDATES)));
            for (int f = 0; f < vector; f++) {
                bits.add(Float.floatToRawIntBits(
                        table.getFloat(row, table.layout().vector() + f * Float.BYTES)));
            }
            rows.put(table.key(row), bits);
        });
        return rows;
    }
}
