package dev.millrace.deploy.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The parameter server against its targets: the benchmarks of serving-ps, each a process of its own, one after the
 * other, and deltas through a real broker.
 */
public final class PsBench {
    private static final String PACKAGE = "dev.millrace.ps.bench.";
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long PATIENCE_MINUTES = 30;

    /** Of the figures that the benchmarks print; a name that is not here is reported without a target. */
    private static final Map<String, Target> TARGETS = targets();

    private final Path home;
    private final Path classpath;
    private final Path scratch;
    private final List<Figure> figures = new ArrayList<>();

    private record Target(boolean atLeast, double value) {}

    /**
     * @param home the checkout
     * @param classpath file with the class path of serving-ps's benchmarks, which the launcher builds
     * @param scratch folder for data
     */
    public PsBench(Path home, Path classpath, Path scratch) {
        this.home = home;
        this.classpath = classpath;
        this.scratch = scratch;
    }

    private static Map<String, Target> targets() {
        Map<String, Target> targets = new LinkedHashMap<>();
        targets.put("table.ftrl.10M.zipf.rate", new Target(true, 100));
        targets.put("table.ftrl.10M.zipf.over_c", new Target(true, 0.55));
        targets.put("table.ftrl.100M.uniform.over_c", new Target(true, 0.6));
        targets.put("table.ftrl.10M.zipf.bytes_over_row", new Target(false, 2.6));
        targets.put("table.serving_compact.10M.bytes_over_row", new Target(false, 1.5));
        targets.put("table.ftrl.10M.zipf.growth_pause_p99", new Target(false, 10));
        targets.put("table.ftrl.100M.uniform.growth_pause_p99", new Target(false, 10));
        targets.put("grpc-flat-over-grpc-protobuf", new Target(true, 2));
        targets.put("tcp-over-grpc-protobuf", new Target(true, 10));
        targets.put("shm-over-grpc-protobuf", new Target(true, 30));
        targets.put("snapshot-10M-over-dd", new Target(false, 2));
        targets.put("restore-10M-over-dd", new Target(false, 2));
        targets.put("snapshot-10M-longest-pause", new Target(false, 50));
        return targets;
    }

    public BenchReport run() throws IOException, InterruptedException {
        String limit = compileLimit();
        measure("TableBench", "10000000", "zipf", limit);
        measure("TableBench", "100000000", "uniform", limit);
        measure("WireBench");
        measure("SnapshotBench");
        DeltaBench.Delays delays = new DeltaBench(scratch.resolve("deltas")).run();
        for (String name : TARGETS.keySet()) {
            if (figures.stream().noneMatch(figure -> figure.name().equals(name))) {
                throw new IOException("no benchmark has measured " + name);
            }
        }
        figures.add(Figure.measured("delta.to_applied.p50", delays.p50(), "ms"));
        figures.add(Figure.atMost("delta.to_applied.p99", delays.p99(), "ms", 250));
        return new BenchReport(figures);
    }

    /** The C program's path, "-" on a machine without a compiler: then its ratios are not measured, and say so. */
    private String compileLimit() throws IOException, InterruptedException {
        Path source = home.resolve("serving-ps/src/jmh/c/ftrl_table.c");
        Path program = scratch.resolve("ftrl_table");
        try {
            Process cc = new ProcessBuilder(
                            "cc",
                            "-O3",
                            "-march=native",
                            "-pthread",
                            source.toString(),
                            "-o",
                            program.toString(),
                            "-lm")
                    .inheritIO()
                    .start();
            return cc.waitFor() == 0 ? program.toString() : "-";
        } catch (IOException e) {
            System.err.println("no C compiler: " + e.getMessage());
            return "-";
        }
    }

    private void measure(String benchmark, String... arguments) throws IOException, InterruptedException {
        Path report = scratch.resolve(benchmark + ".jsonl");
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "@" + home.resolve("deploy").resolve("jvm.flags"),
                "@" + home.resolve("deploy").resolve("vector.flags"),
                "-Xmx2g",
                "-cp",
                Files.readString(classpath).strip(),
                PACKAGE + benchmark));
        command.addAll(List.of(arguments));
        command.add("--report");
        command.add(report.toString());
        System.err.println("millrace: " + benchmark + " " + String.join(" ", arguments));
        Process process = new ProcessBuilder(command)
                .directory(scratch.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(benchmark + " failed");
        }
        for (String line : Files.readAllLines(report)) {
            figures.add(figure(MAPPER.readTree(line)));
        }
    }

    private static Figure figure(JsonNode line) {
        String name = line.path("name").asText();
        double value = line.path("value").asDouble(Double.NaN);
        String unit = line.path("unit").asText();
        Target target = TARGETS.get(name);
        if (target == null) {
            return Figure.measured(name, value, unit);
        }
        return target.atLeast
                ? Figure.atLeast(name, value, unit, target.value)
                : Figure.atMost(name, value, unit, target.value);
    }
}
