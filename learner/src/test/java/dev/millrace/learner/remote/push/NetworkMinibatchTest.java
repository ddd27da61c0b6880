package dev.millrace.learner.remote.push;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.step.NetworkSpecs;
import dev.millrace.learner.training.ShardState;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks learned by pushes: what the step in one process makes of the same minibatches. */
class NetworkMinibatchTest {
    private static final String VALUES = "{model: m, objective: squared, labels: {click: 1}, rewardWindow: 1s, "
            + NetworkSpecs.THREE_SLOTS.replace(", standardize: true", "") + ", network: %s}";

    private static final String FOSSIL =
            "020000000000000003000000000000000400000000000000050000000000000001000000000000000000000003000000"
                    + "000000000000000002000000000000000700000000004ed20700000000000000d2c57fbfb18b7f3f0100000000f15365"
                    + "09000000000045780700000000000000d2c5ffbeb18b7f3e0100000000f1536501000000000000000700000000000000"
                    + "d2c5ffbeb18b7f3e0100000000f15365460b7abd3c2b25bc6c4f76bc904d4d3b";

    static Stream<String> networks() {
        return NetworkSpecs.all();
    }

    private static final class Remote {
        private final List<ShardState> states = new ArrayList<>();
        private final List<PushApplier> appliers = new ArrayList<>();
        private final BatchSteps steps;
        private final Routes routes;
        private final long fingerprint;

        Remote(ModelSpec spec, int shards) {
            routes = new Routes(spec, shards);
            steps = new BatchSteps(spec, routes);
            fingerprint = spec.fingerprint();
            for (int shard = 0; shard < shards; shard++) {
                states.add(ShardState.empty(spec, new ShardState.Id(shard, shards)));
                appliers.add(new PushApplier(states.get(shard)));
            }
        }

        List<ByteBuffer> learn(long offset, SampleBlock block) {
            SampleBatch batch = new SampleBatch(0, offset, fingerprint, id -> true);
            batch.add(offset, block);
            BatchStep step = steps.gather(batch);
            step.pullFrom(appliers);
            step.learn();
            List<ByteBuffer> pushes = new ArrayList<>();
            for (int shard = 0; shard < appliers.size(); shard++) {
                pushes.add(step.push(shard));
                appliers.get(shard).apply(new Push(pushes.get(shard)));
            }
            return pushes;
        }

        ParameterTable table(long key) {
            return states.get(routes.shardOf(key)).table();
        }

        long rows() {
            appliers.forEach(PushApplier::flush);
            return states.stream().mapToLong(state -> state.table().size()).sum();
        }
    }

    private static void compare(TrainingShard here, Remote there, double bound) {
        ParameterTable table = here.state().table();
        int floats = table.layout().vectorFloats() + table.layout().optimizerFloats();
        float[] expected = new float[floats];
        float[] actual = new float[floats];
        assertEquals(table.size(), there.rows());
        Set<Integer> shardsOfLayers = new HashSet<>();
        table.forEachRow(row -> {
            long key = table.key(row);
            ParameterTable other = there.table(key);
            long found = other.find(key);
            assertTrue(found != ParameterTable.MISSING, Long.toHexString(key));
            if (FeatureIds.isLayers(key)) {
                shardsOfLayers.add(there.routes.shardOf(key));
            }
            near(table.getFloat(row, RowLayout.Z), other.getFloat(found, RowLayout.Z), bound);
            near(table.getFloat(row, RowLayout.N), other.getFloat(found, RowLayout.N), bound);
            assertEquals(table.getInt(row, RowLayout.UPDATES), other.getInt(found, RowLayout.UPDATES));
            assertEquals(table.getLong(row, RowLayout.ID_SUM), other.getLong(found, RowLayout.ID_SUM));
            table.getFloats(row, table.layout().vector(), expected, 0, floats);
            other.getFloats(found, other.layout().vector(), actual, 0, floats);
            if (bound == 0) {
                assertArrayEquals(expected, actual, 0f, Long.toHexString(key));
            } else {
                for (int f = 0; f < floats; f++) {
                    near(expected[f], actual[f], bound);
                }
            }
        });
        assertTrue(shardsOfLayers.size() <= 1, "layers lie in one shard");
        assertEquals(here.samples(), there.states.get(0).samples());
    }

    private static void near(float expected, float actual, double bound) {
        assertEquals(expected, actual, bound * (1 + Math.abs(expected)));
    }

    /** Records of one minibatch each, as the learner in one process takes them. */
    @ParameterizedTest
    @MethodSource("networks")
    void learnsWhatOneProcessLearns(String network) {
        ModelSpec spec = NetworkSpecs.spec(network);
        for (int shards : new int[] {1, 3}) {
            // Means of numbers: Welford's sums of floats there, Chan's of a batch here.
            learnsTheSame(spec, shards, 1e-5);
        }
    }

    /** To the bit, where no number is standardized. */
    @ParameterizedTest
    @MethodSource("networks")
    void theBitsAreThoseOfOneProcess(String network) {
        ModelSpec with = NetworkSpecs.spec(network);
        String heads = network.contains("heads: ") ? network.substring(network.indexOf("heads: ")) : "";
        String of = heads.isEmpty() ? network : network.substring(0, network.indexOf(", heads: "));
        String objective = heads.isEmpty() ? "objective: logistic, labels: {click: 1}" : heads;
        if (with.network().type() == dev.millrace.ingest.spec.Network.Type.MF) {
            learnsTheSame(with, 3, 0);
            return;
        }
        ModelSpec spec = SpecReader.parse(
                "test",
                "{model: m, rewardWindow: 1s, optimizer: {alpha: 0.1, l2: 0.1}, " + objective + ", "
                        + NetworkSpecs.THREE_SLOTS.replace(", standardize: true", "") + ", network: " + of + "}");
        learnsTheSame(spec, 1, 0);
        learnsTheSame(spec, 3, 0);
    }

    /** An embedding is born with the occurrence that admits its key, and takes part in that minibatch. */
    @Test
    void rowsAreBornWhenTheirSlotAdmitsThem() {
        ModelSpec spec = SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, slots: {user: {type: category,"
                        + " from: user.id, minCount: 3}, item: {type: category, from: item.id}},"
                        + " network: {type: deepfm, dim: 3, hidden: [4], batch: 1}}");
        Random random = new Random(41);
        TrainingShard here = TrainingShard.empty(spec, 10_000);
        Remote there = new Remote(spec, 2);
        for (int round = 0; round < 100; round++) {
            SampleBlock block = NetworkSpecs.samples(spec, random, round, 1);
            here.learn(0, round, block);
            there.learn(round, block);
        }
        here.closeBatch(0);
        compare(here, there, 0);
        long heldBack = there.states.stream()
                .mapToLong(state -> state.life().counters().heldBack())
                .sum();
        assertEquals(here.state().life().counters().heldBack(), heldBack);
        assertTrue(heldBack > 30, "held back " + heldBack);
    }

    @Test
    void valuesAreLearnedBySquares() {
        learnsTheSame(SpecReader.parse("test", VALUES.formatted("{type: fm, dim: 3, batch: 9}")), 2, 0);
    }

    private static void learnsTheSame(ModelSpec spec, int shards, double bound) {
        Random random = new Random(29);
        TrainingShard here = TrainingShard.empty(spec, 10_000);
        Remote there = new Remote(spec, shards);
        int batch = spec.network().batch();
        for (int round = 0; round < 12; round++) {
            SampleBlock block = NetworkSpecs.samples(spec, random, 1_000L * round, batch);
            here.learn(0, round, block);
            there.learn(round, block);
        }
        here.closeBatch(0);
        compare(here, there, bound);
    }

    @Test
    void whatDoesNotFitIsRefusedWhole() {
        ModelSpec spec = NetworkSpecs.spec("{type: deepfm, dim: 3, hidden: [4], batch: 5}");
        Remote one = new Remote(spec, 1);
        ByteBuffer push =
                one.learn(0, NetworkSpecs.samples(spec, new Random(1), 0, 5)).get(0);
        ModelSpec other = NetworkSpecs.spec("{type: deepfm, dim: 4, hidden: [4], batch: 5}");
        PushApplier applier = new PushApplier(ShardState.empty(other, ShardState.Id.ONLY));
        assertThrows(IllegalArgumentException.class, () -> applier.apply(new Push(push)));
        ModelSpec linear = SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, " + NetworkSpecs.THREE_SLOTS
                        + "}");
        PushApplier plain = new PushApplier(ShardState.empty(linear, ShardState.Id.ONLY));
        assertThrows(IllegalArgumentException.class, () -> plain.apply(new Push(push)));
        assertThrows(
                IllegalArgumentException.class, () -> new Push(push.duplicate().limit(push.limit() - Float.BYTES)));
    }

    /** A sample of the bias and two embeddings. */
    @Test
    void pushBytesAreAFossil() {
        ModelSpec spec = SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, slots: {a: {type: category, from:"
                        + " user.id}, b: {type: category, from: item.id}}, network: {type: fm, dim: 2, batch: 4}}");
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        vector.add(FeatureIds.BIAS, 1f);
        vector.add(FeatureIds.pack(FeatureIds.slot("a"), 7), 2f);
        vector.add(FeatureIds.pack(FeatureIds.slot("b"), 9), 1f);
        builder.add(new SampleBlockBuilder.Meta(7, 7, 0, 1f, 1f, 1f, 0.5f, 0, 1_700_000_000_000L), vector);
        Remote one = new Remote(spec, 1);
        ByteBuffer push = one.learn(3, builder.build(new SampleBlock.Header("m", spec.fingerprint(), 0, 5)))
                .get(0);
        byte[] bytes = new byte[push.remaining()];
        push.duplicate().get(bytes);
        assertEquals(FOSSIL, HexFormat.of().formatHex(bytes));
    }
}
