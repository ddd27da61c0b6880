package dev.millrace.learner.step;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.gpu.Devices;
import dev.millrace.learner.gpu.SoftwareDriver;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.TrainingLayout;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The step on the device: the contract of all steps, by the same vectors, and the CPU's rows where they come and go. */
class DeviceStepTest extends StepContract {
    /** So few that rows must make room for others. */
    private static final int CACHED_ROWS = 128;

    @BeforeAll
    void driver() throws IOException, InterruptedException {
        SoftwareDriver.load();
    }

    @Override
    Step create(ModelSpec spec, ParameterTable table, RowLife life) {
        return Devices.choose(Devices.Choice.GPU, spec, CACHED_ROWS).steps().of(spec, table, life);
    }

    @Override
    Stream<String> networks() {
        return Stream.concat(
                NetworkSpecs.all(),
                Stream.of(
                        "{type: mf, dim: 40, batch: 3, embeddings: {type: adagrad, rate: 0.02, l2: 0.01}}",
                        "{type: fm, dim: 3, batch: 9, embeddings: {type: rowadagrad, rate: 0.1}}"));
    }

    /** Twice the same bits, whatever the size of the cache. */
    @ParameterizedTest
    @MethodSource("networks")
    void sameBitsEachTime(String network) {
        ModelSpec spec = NetworkSpecs.spec(network);
        long once = bits(spec, CACHED_ROWS);
        assertEquals(once, bits(spec, CACHED_ROWS));
        assertEquals(once, bits(spec, 10_000));
    }

    private static long bits(ModelSpec spec, int cachedRows) {
        Random random = new Random(5);
        ParameterTable table = new OffHeapTable(TrainingLayout.of(spec), 100_000);
        StepMaker maker = Devices.choose(Devices.Choice.GPU, spec, cachedRows).steps();
        try (Step step = maker.of(spec, table, new RowLife(spec, table))) {
            for (int round = 0; round < 3; round++) {
                learn(step, NetworkSpecs.samples(spec, random, 50L * round, 50));
            }
            step.flush(key -> {});
        }
        long[] sum = new long[1];
        float[] row =
                new float[2 + table.layout().vectorFloats() + table.layout().optimizerFloats()];
        table.forEachRow(at -> {
            row[0] = table.getFloat(at, RowLayout.Z);
            row[1] = table.getFloat(at, RowLayout.N);
            table.getFloats(at, table.layout().vector(), row, 2, row.length - 2);
            long hash = table.key(at);
            for (float x : row) {
                hash = hash * 0x9E3779B97F4A7C15L + Float.floatToRawIntBits(x);
            }
            sum[0] += hash;
        });
        return sum[0];
    }

    private static float[] learn(Step step, SampleBlock block) {
        float[] predictions = new float[block.size() * block.heads()];
        step.learn(block, IntStream.range(0, block.size()).toArray(), block.size(), predictions, key -> {});
        return predictions;
    }

    /**
     * Rows that are admitted late, expire and come again, samples that cannot be learned: what the CPU makes of them, row by
     * row, within 1e-3.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{type: fm, dim: 6, batch: 8}",
                "{type: deepfm, dim: 6, hidden: [8], batch: 8}",
                "{type: widedeep, dim: 5, hidden: [40, 33, 7], batch: 13, dense: {type: sgd, rate: 0.05, l2: 0.01}}"
            })
    void rowsComeAndGoAsOnTheCpu(String network) {
        long seed = 23;
        ModelSpec spec = SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, slots: {user: {type: category,"
                        + " from: user.id, minCount: 2}, item: {type: category, from: item.id, expireAfter: 60s}},"
                        + " network: " + network + "}");
        ParameterTable cpu = new OffHeapTable(TrainingLayout.of(spec), 100_000);
        ParameterTable gpu = new OffHeapTable(TrainingLayout.of(spec), 100_000);
        RowLife cpuLife = new RowLife(spec, cpu);
        RowLife gpuLife = new RowLife(spec, gpu);
        Random random = new Random(seed);
        try (Step cpuStep = Steps.of(spec, cpu, cpuLife);
                Step gpuStep = create(spec, gpu, gpuLife)) {
            for (int round = 0; round < 12; round++) {
                SampleBlock block = NetworkSpecs.samples(spec, random, 1000L * round, 20);
                float[] expected = learn(cpuStep, block);
                float[] actual = learn(gpuStep, block);
                for (int i = 0; i < expected.length; i++) {
                    assertEquals(expected[i], actual[i], 2e-4, "round " + round + ", seed " + seed);
                }
                cpuStep.flush(key -> {});
                gpuStep.flush(key -> {});
                long nowMs = round % 4 == 3 ? 1_000_000L * round : 1_000;
                cpuLife.expire(nowMs, key -> {});
                gpuLife.expire(nowMs, key -> {});
                compare(cpu, gpu);
            }
        }
        assertTrue(gpuLife.counters().expired() > 20, gpuLife.counters() + "");
        assertTrue(gpuLife.counters().heldBack() > 5, gpuLife.counters() + "");
        assertEquals(cpuLife.counters(), gpuLife.counters());
    }

    /** New rows get the solution after each of their first actions, on the host, and go on there after a restart. */
    @ParameterizedTest
    @ValueSource(ints = {1, 9})
    void foldsInAsOnTheCpu(int batch) {
        long seed = 31;
        ModelSpec spec = NetworkSpecs.spec("{type: mf, dim: 5, batch: " + batch
                + ", embeddings: {type: sgd, rate: 0.02, l2: 0.05}, foldIn: {actions: 6, ridge: 4}}");
        ParameterTable cpu = new OffHeapTable(TrainingLayout.of(spec), 100_000);
        ParameterTable gpu = new OffHeapTable(TrainingLayout.of(spec), 100_000);
        RowLife cpuLife = new RowLife(spec, cpu);
        RowLife gpuLife = new RowLife(spec, gpu);
        Random random = new Random(seed);
        byte[] state = {};
        try (Step cpuStep = Steps.of(spec, cpu, cpuLife)) {
            for (int round = 0; round < 8; round++) {
                SampleBlock block = NetworkSpecs.samples(spec, random, 1000L * round, 20);
                float[] expected = learn(cpuStep, block);
                // A step of its own each time: it goes on from the state of the one before.
                try (Step gpuStep = create(spec, gpu, gpuLife)) {
                    gpuStep.restore(state);
                    float[] actual = learn(gpuStep, block);
                    for (int i = 0; i < expected.length; i++) {
                        assertEquals(expected[i], actual[i], 1e-3, "round " + round + ", seed " + seed);
                    }
                    gpuStep.flush(key -> {});
                    state = gpuStep.state();
                }
                cpuStep.flush(key -> {});
                assertEquals(cpuStep.state().length, state.length, "as many young rows");
                compare(cpu, gpu);
            }
            assertTrue(state.length > 5, "some rows are young to the end");
        }
    }

    private static void compare(ParameterTable cpu, ParameterTable gpu) {
        assertEquals(cpu.size(), gpu.size());
        int floats = cpu.layout().vectorFloats();
        float[] a = new float[floats];
        float[] b = new float[floats];
        cpu.forEachRow(row -> {
            long key = cpu.key(row);
            long other = gpu.find(key);
            assertTrue(other != ParameterTable.MISSING, "row " + key);
            assertEquals(cpu.getInt(row, RowLayout.UPDATES), gpu.getInt(other, RowLayout.UPDATES));
            assertEquals(cpu.getLong(row, RowLayout.ID_SUM), gpu.getLong(other, RowLayout.ID_SUM));
            assertEquals(cpu.getFloat(row, RowLayout.Z), gpu.getFloat(other, RowLayout.Z), 1e-3);
            assertEquals(cpu.getFloat(row, RowLayout.N), gpu.getFloat(other, RowLayout.N), 1e-3);
            cpu.getFloats(row, cpu.layout().vector(), a, 0, floats);
            gpu.getFloats(other, gpu.layout().vector(), b, 0, floats);
            for (int i = 0; i < floats; i++) {
                assertEquals(a[i], b[i], 1e-3, "row " + key);
            }
        });
    }

    @Test
    void biasCountsEverySample() {
        ModelSpec spec = NetworkSpecs.spec("{type: fm, dim: 2, batch: 4}");
        ParameterTable table = new OffHeapTable(TrainingLayout.of(spec), 1_000);
        try (Step step = create(spec, table, new RowLife(spec, table))) {
            learn(step, NetworkSpecs.samples(spec, new Random(1), 0, 30));
            step.flush(key -> {});
        }
        assertEquals(30, table.getInt(table.find(FeatureIds.BIAS), RowLayout.UPDATES));
        assertEquals(435, table.getLong(table.find(FeatureIds.BIAS), RowLayout.ID_SUM));
    }
}
