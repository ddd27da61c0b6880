package dev.millrace.deploy.bench;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.sample.SampleBlockBuilder;
import dev.millrace.ingest.sample.SampleBlockCodec;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.source.Prefetch;
import dev.millrace.learner.step.StageTimes;
import dev.millrace.learner.step.Step;
import dev.millrace.learner.step.Steps;
import dev.millrace.ps.kernel.Blas;
import dev.millrace.ps.life.RowLife;
import dev.millrace.ps.model.TrainingLayout;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Wide & Deep, 26 slots of embeddings of 16 floats, layers of 256 and 128: samples a second of a core's time with each
 * kernel, samples in memory; and of the whole pipeline, from encoded blocks in a file on.
 */
public final class NetworkBench {
    private static final int SLOTS = 26;
    private static final int BLOCK = 2048;
    private static final int BLOCKS = 48;
    private static final int VALUES = 200_000;
    private static final double PASS_SECONDS = 10;
    private static final int AHEAD = 4;
    private static final double OPEN_BLAS = 50_000;
    private static final double OWN = 30_000;
    private static final double PIPELINE = 0.9;

    private final Path folder;

    /** @param folder for the blocks */
    public NetworkBench(Path folder) {
        this.folder = folder;
    }

    public BenchReport run() throws IOException, InterruptedException {
        ModelSpec spec = spec();
        List<SampleBlock> blocks = blocks(spec);
        List<Figure> figures = new ArrayList<>();
        Rate own = bare(spec, blocks, Blas.best());
        figures.add(Figure.atLeast("widedeep a core, " + Blas.best().name(), own.aCoreSecond(), "/s", OWN));
        Rate fastest = own;
        if (Blas.openBlas().isPresent()) {
            fastest = bare(spec, blocks, Blas.openBlas().orElseThrow());
            figures.add(Figure.atLeast("widedeep a core, OpenBLAS", fastest.aCoreSecond(), "/s", OPEN_BLAS));
        }
        figures.add(Figure.measured("widedeep bare step, wall", fastest.aSecond(), "/s"));
        fastest.times()
                .shares()
                .forEach((stage, share) -> figures.add(
                        Figure.measured("widedeep share of " + stage.name().toLowerCase(Locale.ROOT), share, "")));
        Path file = folder.resolve("blocks.bin");
        write(blocks, file);
        figures.addAll(pipeline(spec, file));
        return new BenchReport(figures);
    }

    private static ModelSpec spec() {
        StringBuilder slots = new StringBuilder();
        for (int s = 0; s < SLOTS; s++) {
            slots.append("%sc%d: {type: category, from: context.c%d}".formatted(s == 0 ? "" : ", ", s, s));
        }
        return SpecReader.parse(
                "bench",
                "{model: bench, objective: logistic, labels: {click: 1}, rewardWindow: 1s, slots: {" + slots
                        + "}, network: {type: widedeep, dim: 16, hidden: [256, 128], batch: 512,"
                        + " embeddings: {type: rowadagrad, rate: 0.05}}, policies: {audit: false}}");
    }

    private static List<SampleBlock> blocks(ModelSpec spec) {
        SplittableRandom random = new SplittableRandom(1);
        List<SampleBlock> blocks = new ArrayList<>();
        FeatureVector vector = new FeatureVector();
        SampleBlockBuilder builder = new SampleBlockBuilder();
        int[] slots =
                IntStream.range(0, SLOTS).map(s -> FeatureIds.slot("c" + s)).toArray();
        for (int b = 0; b < BLOCKS; b++) {
            for (int i = 0; i < BLOCK; i++) {
                vector.clear();
                vector.add(FeatureIds.BIAS, 1f);
                for (int slot : slots) {
                    // Log-uniform, which is Zipf's law of exponent 1.
                    long value = (long) Math.exp(random.nextDouble() * Math.log(VALUES));
                    vector.add(FeatureIds.pack(slot, FeatureIds.hash(value, slot)), 1f);
                }
                long id = (long) b * BLOCK + i + 1;
                float label = random.nextInt(4) == 0 ? 1f : 0f;
                builder.add(new SampleBlockBuilder.Meta(id, id, 0, label, 1f, 1f, 0.5f, 0, id), vector);
            }
            blocks.add(builder.build(new SampleBlock.Header(spec.model(), spec.fingerprint(), 0, 0)));
        }
        return blocks;
    }

    private record Rate(double aCoreSecond, double aSecond, StageTimes times) {}

    private static Step step(ModelSpec spec, Blas blas) {
        ParameterTable table = new OffHeapTable(TrainingLayout.of(spec), 2L * SLOTS * VALUES);
        return Steps.of(spec, table, new RowLife(spec, table), blas);
    }

    /** After a pass that warms up. */
    private static Rate bare(ModelSpec spec, List<SampleBlock> blocks, Blas blas) {
        Step step = step(spec, blas);
        Learning learning = new Learning(step);
        blocks.forEach(learning::learn);
        long samples = 0;
        long startNs = System.nanoTime();
        long startCpuNs = cpuNs();
        while ((System.nanoTime() - startNs) / 1e9 < PASS_SECONDS) {
            for (SampleBlock block : blocks) {
                samples += learning.learn(block);
            }
        }
        double cpu = (cpuNs() - startCpuNs) / 1e9;
        return new Rate(samples / cpu, samples / ((System.nanoTime() - startNs) / 1e9), step.times());
    }

    private static long cpuNs() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static final class Learning {
        private final Step step;
        private final int[] all = IntStream.range(0, BLOCK).toArray();
        private final float[] predictions = new float[BLOCK];

        Learning(Step step) {
            this.step = step;
        }

        int learn(SampleBlock block) {
            return step.learn(block, all, block.size(), predictions, key -> {});
        }
    }

    private static void write(List<SampleBlock> blocks, Path file) throws IOException {
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
            for (SampleBlock block : blocks) {
                byte[] bytes = SampleBlockCodec.encode(block);
                out.writeInt(bytes.length);
                out.write(bytes);
            }
        }
    }

    /** The file again and again. */
    private static Iterator<byte[]> endless(Path file, double seconds) {
        long endNs = System.nanoTime() + (long) (seconds * 1e9);
        return new Iterator<>() {
            private DataInputStream in = open();

            private DataInputStream open() {
                try {
                    return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }

            @Override
            public boolean hasNext() {
                return System.nanoTime() < endNs;
            }

            @Override
            public byte[] next() {
                try {
                    if (in.available() == 0) {
                        in.close();
                        in = open();
                    }
                    return in.readNBytes(in.readInt());
                } catch (IOException e) {
                    throw (NoSuchElementException) new NoSuchElementException(file + " ends").initCause(e);
                }
            }
        };
    }

    private static List<Figure> pipeline(ModelSpec spec, Path file) throws InterruptedException, IOException {
        Step step = step(spec, Blas.forLearning());
        Learning learning = new Learning(step);
        // Bare and whole in turn, so that the machine's other work meets both.
        double bareNs = 0;
        long bareSamples = 0;
        double wholeNs = 0;
        long wholeSamples = 0;
        double busyNs = 0;
        List<SampleBlock> warm = blocks(spec);
        warm.forEach(learning::learn);
        for (int round = 0; round < 5; round++) {
            long startNs = System.nanoTime();
            for (SampleBlock block : warm) {
                bareSamples += learning.learn(block);
            }
            bareNs += System.nanoTime() - startNs;
            startNs = System.nanoTime();
            try (var ahead = new Prefetch<>(endless(file, PASS_SECONDS / 5), SampleBlockCodec::decode, AHEAD)) {
                for (SampleBlock block = ahead.next(); block != null; block = ahead.next()) {
                    wholeSamples += learning.learn(block);
                }
                busyNs += ahead.busyNs();
            }
            wholeNs += System.nanoTime() - startNs;
        }
        double bare = bareSamples / bareNs;
        double whole = wholeSamples / wholeNs;
        return List.of(
                Figure.atLeast("widedeep pipeline / bare step", whole / bare, "", PIPELINE),
                Figure.measured("widedeep pipeline, wall", whole * 1e9, "/s"),
                Figure.measured("widedeep reading, of the time", busyNs / wholeNs, ""));
    }
}
