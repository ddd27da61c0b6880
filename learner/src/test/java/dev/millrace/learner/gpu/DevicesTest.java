package dev.millrace.learner.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.step.Step;
import dev.millrace.learner.step.StepMaker;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.TrainingLayout;
import dev.millrace.ps.table.OffHeapTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import jcuda.CudaException;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is chosen and said, with a driver and without; what is shipped; what happens when a device fails. */
class DevicesTest {
    private static final Path KERNELS = Path.of("src/main/resources/dev/millrace/learner/gpu");

    private static ModelSpec spec(String network) {
        return SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s, slots: {user: {type: category,"
                        + " from: user.id}, item: {type: category, from: item.id}}" + network + "}");
    }

    private static final ModelSpec DEEP = spec(", network: {type: deepfm, dim: 4, hidden: [8]}");

    /** In a process of its own, whose JCuda finds the machine's driver, or none. */
    public static final class Auto {
        private Auto() {}

        public static void main(String[] args) {
            System.out.println(Devices.choose(Devices.Choice.AUTO, DEEP).line());
            System.out.println(Devices.choose(Devices.Choice.AUTO, DEEP).line());
        }
    }

    @Test
    void withoutADriverAutoSaysSoAndLearnsOnTheCpu() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-modules",
                        "jdk.incubator.vector",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Auto.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        Assumptions.assumeFalse(output.startsWith("learns on the GPU"), "this machine has a GPU");
        assertEquals(2, output.lines().count(), output);
        assertTrue(output.lines().allMatch(line -> line.startsWith("learns on the CPU: ")), output);
        assertEquals(1, output.lines().distinct().count(), output);
        assertTrue(output.contains("CUDA driver"), output);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ", network: {type: linear}"})
    void modelsWithoutAFormAreNamed(String network) {
        ModelSpec spec = spec(network);
        var refused = assertThrows(IllegalArgumentException.class, () -> Devices.choose(Devices.Choice.GPU, spec));
        assertTrue(refused.toString().contains("model m, a "), refused.getMessage());
        assertTrue(refused.toString().contains("has no form for a GPU"), refused.getMessage());
        String line = Devices.choose(Devices.Choice.AUTO, spec).line();
        assertTrue(line.startsWith("learns on the CPU: model m, a "), line);
    }

    @Test
    void theDeviceIsNamed() throws IOException, InterruptedException {
        SoftwareDriver.load();
        String line = Devices.choose(Devices.Choice.AUTO, DEEP).line();
        assertTrue(line.startsWith("learns on the GPU: "), line);
        if (!SoftwareDriver.isReal()) {
            assertEquals("learns on the GPU: software driver (compute capability 7.5, 1024 MiB)", line);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cuMemAlloc_v2", "cuLaunchKernel", "cuStreamCreate"})
    void aDeviceThatFailsIsAnError(String function) throws IOException, InterruptedException {
        SoftwareDriver.load();
        assertTrue(Devices.choose(Devices.Choice.AUTO, DEEP).line().startsWith("learns on the GPU"));
        SoftwareDriver.fail(function, 1, 2);
        var failed = assertThrows(CudaException.class, () -> {
            var table = new OffHeapTable(TrainingLayout.of(DEEP), 100);
            try (Step step = new DeviceStep(DEEP, table, new RowLife(DEEP, table), 64)) {
                step.flush(key -> {});
                Cuda cuda = new Cuda();
                cuda.launchThreads("load_rows", 1, 0, 1, DeviceBuffer.NONE, DeviceBuffer.NONE, DeviceBuffer.NONE);
            }
        });
        assertTrue(failed.toString().contains("CUDA_ERROR_OUT_OF_MEMORY"), failed.getMessage());
    }

    @Test
    void closedItHoldsNothing() throws IOException, InterruptedException {
        SoftwareDriver.load();
        int before = SoftwareDriver.allocations();
        var table = new OffHeapTable(TrainingLayout.of(DEEP), 100);
        try (Step step = new DeviceStep(DEEP, table, new RowLife(DEEP, table), 64)) {
            assertTrue(SoftwareDriver.allocations() > before);
            step.flush(key -> {});
        }
        assertEquals(before, SoftwareDriver.allocations());
    }

    /** What learns online on a device publishes the same rows as on the CPU, but for the last bits. */
    @Test
    void theOnlineLearnersDeltasComeFromTheDevice() throws IOException, InterruptedException {
        SoftwareDriver.load();
        StepMaker device = Devices.choose(Devices.Choice.GPU, DEEP).steps();
        try (TrainingShard there = TrainingShard.empty(DEEP, device, 100);
                TrainingShard here = TrainingShard.empty(DEEP, 100)) {
            for (int batch = 0; batch < 5; batch++) {
                SampleBlock block = samples(batch);
                there.learn(0, batch, block);
                here.learn(0, batch, block);
                Delta learned = there.closeBatch(0);
                Delta expected = here.closeBatch(0);
                assertArrayEquals(sorted(expected.keys()), sorted(learned.keys()));
                for (int i = 0; i < learned.keys().length; i++) {
                    int other = Arrays.stream(expected.keys()).boxed().toList().indexOf(learned.keys()[i]);
                    for (int f = 0; f < learned.width(); f++) {
                        float value = expected.weights()[expected.at(other) + f];
                        assertEquals(value, learned.weights()[learned.at(i) + f], 1e-4, "batch " + batch);
                    }
                }
            }
            assertEquals(here.samples(), there.samples());
        }
    }

    private static long[] sorted(long[] keys) {
        long[] copy = keys.clone();
        Arrays.sort(copy);
        return copy;
    }

    private static SampleBlock samples(int batch) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        for (int i = 0; i < 40; i++) {
            FeatureVector vector = new FeatureVector();
            vector.add(FeatureIds.BIAS, 1f);
            vector.add(FeatureIds.pack(FeatureIds.slot("user"), 100 + i % 7), 1f);
            vector.add(FeatureIds.pack(FeatureIds.slot("item"), 100 + (batch + i) % 11), 1f);
            long id = 1 + 40L * batch + i;
            builder.add(new SampleBlockBuilder.Meta(id, id, 0, i % 3 == 0 ? 1f : 0f, 1f, 1f, 0.5f, 0, 1_000L), vector);
        }
        return builder.build(new SampleBlock.Header("m", DEEP.fingerprint(), 0, 0));
    }

    @Test
    void ptxIsMadeOfTheSource() throws Exception {
        String hash = HexFormat.of()
                .formatHex(
                        MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(KERNELS.resolve("kernels.cu"))));
        String first = Files.readString(KERNELS.resolve("kernels.ptx"))
                .lines()
                .findFirst()
                .orElseThrow();
        assertTrue(first.endsWith(hash), first);
        assertTrue(new String(Cuda.ptx(), StandardCharsets.US_ASCII).startsWith(first));
    }

    /** By NVIDIA's own compiler of PTX, which needs no GPU. */
    @ParameterizedTest
    @ValueSource(ints = {75, 80, 86, 89, 90})
    void kernelsCompileFor(int architecture) {
        JNvPTXCompiler.setExceptionsEnabled(true);
        byte[] ptx = Cuda.ptx();
        nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
        JNvPTXCompiler.nvPTXCompilerCreate(compiler, ptx.length, ptx);
        String[] options = {"--gpu-name=sm_" + architecture};
        JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
        long[] size = new long[1];
        JNvPTXCompiler.nvPTXCompilerGetCompiledProgramSize(compiler, size);
        assertFalse(size[0] < 1000, "bytes for sm_" + architecture + ": " + size[0]);
        JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
}
