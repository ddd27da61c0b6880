package dev.millrace.deploy.bench;

import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The join against its targets: throughput with the profile of where it goes, latency, vectorization. */
public final class JoinBench {
    private static final long IMPRESSIONS = 600_000;
    private static final int WARM_UP_S = 20;
    private static final int MEASURED_S = 30;

    private final Path scratch;
    private final List<Figure> figures = new ArrayList<>();

    /** @param scratch folder for the broker's log and checkpoints: 4 GiB */
    public JoinBench(Path scratch) {
        this.scratch = scratch;
    }

    public BenchReport run() throws IOException, InterruptedException {
        String spec = spec();
        vectorization(spec);
        throughput(spec);
        latency(spec);
        return new BenchReport(figures);
    }

    static String spec() throws IOException {
        try (InputStream in = Objects.requireNonNull(JoinBench.class.getResourceAsStream("/bench/join.yml"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void vectorization(String spec) throws IOException {
        VectorBench.Result found = new VectorBench(SpecReader.parse("bench", spec)).run();
        figures.add(Figure.atLeast("vectorization", found.toLog(), "sampl./s", 300_000));
        figures.add(Figure.exactly("features a sample", found.features(), "", 40));
        figures.add(Figure.measured("vectorization, without blocks", found.vectors(), "sampl./s"));
        figures.add(Figure.measured("blocks written, zstd", found.blocks(), "sampl./s"));
        figures.add(Figure.measured("messages written, zstd", found.messages(), "sampl./s"));
        figures.add(Figure.measured("blocks read, zstd", found.blocksRead(), "sampl./s"));
        figures.add(Figure.measured("messages read, zstd", found.messagesRead(), "sampl./s"));
        figures.add(Figure.measured("block bytes a sample", found.blockBytes(), "B"));
        figures.add(Figure.measured("message bytes a sample", found.messageBytes(), "B"));
        figures.add(Figure.measured("block bytes a sample, zstd", found.blockZstdBytes(), "B"));
        figures.add(Figure.measured("message bytes a sample, zstd", found.messageZstdBytes(), "B"));
    }

    private void throughput(String spec) throws IOException, InterruptedException {
        long impressions = Long.getLong("millrace.bench.join.impressions", IMPRESSIONS);
        JoinThroughput.Result found = new JoinThroughput(scratch.resolve("throughput"), spec, impressions).run();
        figures.add(Figure.atLeast("join throughput", found.impressionsPerSecond(), "impr./s", 10_000));
        figures.add(Figure.measured("join throughput a CPU second", found.impressionsPerCpuSecond(), "impr."));
        figures.add(Figure.measured("load average of the machine", load(), ""));
        figures.add(Figure.exactly("join samples", found.samples(), "", impressions * JoinLoad.ITEMS));
        figures.add(Figure.measured("log bytes an impression", (double) found.logBytes() / impressions, "B"));
        figures.add(Figure.measured("bytes a sample", (double) found.sampleBytes() / found.samples(), "B"));
        System.err.println(found.profile().text());
        found.profile()
                .parts()
                .forEach((part, share) -> figures.add(Figure.measured("join CPU: " + part, share * 100, "%")));
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private void latency(String spec) throws IOException, InterruptedException {
        JoinLatency.Result found = new JoinLatency(scratch.resolve("latency"), spec, WARM_UP_S, MEASURED_S).run();
        figures.add(Figure.atMost("action to sample p50", found.p50(), "ms", 100));
        figures.add(Figure.atMost("action to sample p99", found.p99(), "ms", 400));
        figures.add(Figure.measured("action to sample, longest", found.longest(), "ms"));
        figures.add(Figure.exactly("actions lost", found.lost(), "", 0));
    }
}
