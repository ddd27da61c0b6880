package dev.millrace.deploy.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Learning from files and from the log against its targets and its peers. Every measurement is a process of its own, one
 * after the other; data is made with a seed.
 */
public final class LearnBench {
    static final int ROWS = 1_000_000;

    private static final String PACKAGE = "dev.millrace.learner.bench.";
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long PATIENCE_MINUTES = 15;
    private static final int PASSES = 3;
    /** MiB, tried from the largest on. */
    private static final List<Integer> OUR_HEAPS = List.of(48, 32, 24, 20, 16, 12, 10, 8);

    private static final List<Integer> SPARKS_HEAPS = List.of(1024, 512, 384, 320, 256, 224, 192, 160, 128, 96, 80, 64);
    private static final Pattern PASS = Pattern.compile("(?:pass|text) (\\d+) rows ([0-9.E-]+) seconds.*");
    private static final Pattern LOSS = Pattern.compile("text .* log loss ([0-9.]+)");
    private static final Pattern PEAK = Pattern.compile("peak (\\d+) KiB");

    private final Path home;
    private final Path scratch;
    private final @Nullable Path movieLens;
    private final List<Figure> figures = new ArrayList<>();

    /**
     * @param home the checkout, its benchmarks' class paths written by the launcher
     * @param scratch folder for data, 1 GB
     * @param movieLens folder of MovieLens 100K; null: its figures are left out
     */
    public LearnBench(Path home, Path scratch, @Nullable Path movieLens) {
        this.movieLens = movieLens;
        this.home = home;
        this.scratch = scratch;
    }

    public BenchReport run() throws IOException, InterruptedException {
        Files.createDirectories(scratch);
        Map<String, Double> found = learning();
        vowpalWabbit(found);
        LearnFromLog.Rates fromLog = new LearnFromLog(scratch.resolve("log"), text()).run();
        figures.add(Figure.atLeast("learn.kafka.rate_a_core", fromLog.toWeights() / 1e6, "M/s", 0.8));
        figures.add(Figure.measured("learn.kafka.to_deltas", fromLog.toDeltas() / 1e6, "M/s"));
        reading();
        if (movieLens != null) {
            MovieLensProgress progress = new MovieLensProgress(movieLens);
            figures.add(Figure.atLeast(
                    "movielens.like_auc",
                    progress.run(LoadedSpec.shipped("likes").spec()).auc(),
                    "",
                    0.770));
            stars(progress);
        }
        return new BenchReport(figures);
    }

    /** Stars, and what folding new people and movies in does to a person's first ones. */
    private void stars(MovieLensProgress progress) throws IOException {
        LoadedSpec shipped = LoadedSpec.shipped("ratings");
        MovieLensProgress.Predicted folded = progress.run(shipped.spec());
        figures.add(Figure.atMost("movielens.rmse", folded.rmse(), "stars", 0.940));
        String without = shipped.yaml()
                .lines()
                .filter(line -> !line.strip().startsWith("foldIn:"))
                .collect(Collectors.joining("\n"));
        MovieLensProgress.Predicted gradient = progress.run(SpecReader.parse("ratings without foldIn", without));
        figures.add(Figure.measured("movielens.rmse_without_fold_in", gradient.rmse(), "stars"));
        for (int[] part : new int[][] {{1, 5}, {5, 20}, {20, 100}}) {
            String name = "movielens.rmse_ratings_" + (part[0] + 1) + "_to_" + part[1];
            figures.add(Figure.measured(name, folded.rmse(part[0], part[1]), "stars"));
            figures.add(Figure.measured(name + "_without_fold_in", gradient.rmse(part[0], part[1]), "stars"));
        }
    }

    private Path text() {
        return scratch.resolve("criteo-" + ROWS + ".vw");
    }

    private Map<String, Double> learning() throws IOException, InterruptedException {
        Path report = scratch.resolve("learn.jsonl");
        Files.deleteIfExists(report);
        ours(
                List.of("-Xmx3g", "-XX:+UseTransparentHugePages"),
                "LearnBench",
                Integer.toString(ROWS),
                scratch.toString(),
                report.toString());
        Map<String, Double> found = new LinkedHashMap<>();
        for (String line : Files.readAllLines(report)) {
            JsonNode figure = MAPPER.readTree(line);
            String name = figure.path("name").asText();
            double value = figure.path("value").asDouble(Double.NaN);
            found.put(name, value);
            figures.add(
                    name.equals("learn.memory.rate")
                            ? Figure.atLeast(name, value, "M/s", 3)
                            : Figure.measured(name, value, figure.path("unit").asText()));
        }
        return found;
    }

    private void vowpalWabbit(Map<String, Double> ours) throws IOException, InterruptedException {
        List<String> lines = ours(List.of("-Xmx1g"), "VwPeer", text().toString());
        double rate = 0;
        double loss = Double.NaN;
        for (String line : lines) {
            Matcher pass = PASS.matcher(line);
            if (pass.matches()) {
                rate = Math.max(rate, Long.parseLong(pass.group(1)) / Double.parseDouble(pass.group(2)));
            }
            Matcher found = LOSS.matcher(line);
            loss = found.matches() ? Double.parseDouble(found.group(1)) : loss;
        }
        figures.add(Figure.measured("vw.text.rate", rate / 1e6, "M/s"));
        figures.add(Figure.measured("vw.text.log_loss", loss, "nats"));
        figures.add(Figure.atLeast(
                "learn.text.rate_over_vw", ours.getOrDefault("learn.text.rate", 0.0) * 1e6 / rate, "x", 5));
        figures.add(Figure.atMost(
                "learn.text.log_loss_over_vw",
                ours.getOrDefault("learn.text.log_loss", Double.NaN) - loss,
                "nats",
                0.0005));
    }

    // ---- the bulk source beside Spark ----

    /** @param rate rows a second of the last pass */
    private record Reading(int heapMiB, double rate, double peakMiB) {}

    private void reading() throws IOException, InterruptedException {
        Path csv = scratch.resolve("csv");
        ours(List.of("-Xmx256m"), "CsvFiles", csv.toString(), Integer.toString(ROWS));
        Reading own = smallest(
                OUR_HEAPS,
                heap -> ours(
                        // One compiler, which runs one at a time: two kinds beside each other take more than the data.
                        List.of(
                                "-Xmx" + heap + "m",
                                "-XX:+UseSerialGC",
                                "-XX:-TieredCompilation",
                                "-XX:CICompilerCount=1"),
                        "BulkRead",
                        csv.toString(),
                        Integer.toString(PASSES)));
        figures.add(Figure.measured("read.rate", own.rate / 1e6, "M rows/s"));
        figures.add(Figure.measured("read.peak", own.peakMiB, "MiB"));
        figures.add(Figure.measured("read.heap", own.heapMiB, "MiB"));
        Path spark = home.resolve("learner/target/spark.classpath");
        Path jdk = jdkOfSpark();
        if (jdk == null || !Files.exists(spark)) {
            System.err.println("millrace: Spark or a JDK 17 is not to be had; its figures are left out");
            return;
        }
        Reading peer = smallest(SPARKS_HEAPS, heap -> sparks(jdk, spark, heap, csv));
        figures.add(Figure.measured("spark.rate", peer.rate / 1e6, "M rows/s"));
        figures.add(Figure.measured("spark.peak", peer.peakMiB, "MiB"));
        figures.add(Figure.measured("spark.heap", peer.heapMiB, "MiB"));
        figures.add(Figure.atLeast("read.rate_over_spark", own.rate / peer.rate, "x", 1.2));
        figures.add(Figure.atMost("read.peak_over_spark", own.peakMiB / peer.peakMiB, "x", 0.3));
    }

    /** A run with so much heap: its lines; empty when it failed. */
    @FunctionalInterface
    private interface Run {
        List<String> with(int heapMiB) throws IOException, InterruptedException;
    }

    private static Reading smallest(List<Integer> heaps, Run run) throws IOException, InterruptedException {
        Reading last = null;
        for (int heap : heaps) {
            double rate = 0;
            double peak = 0;
            int passes = 0;
            for (String line : run.with(heap)) {
                Matcher pass = PASS.matcher(line);
                if (pass.matches() && Long.parseLong(pass.group(1)) == ROWS) {
                    rate = ROWS / Double.parseDouble(pass.group(2));
                    passes++;
                }
                Matcher found = PEAK.matcher(line);
                peak = found.matches() ? Long.parseLong(found.group(1)) / 1024.0 : peak;
            }
            if (passes < PASSES || peak == 0) {
                break;
            }
            System.err.printf("heap %d MiB: %.0f rows/s, peak %.0f MiB%n", heap, rate, peak);
            last = new Reading(heap, rate, peak);
        }
        if (last == null) {
            throw new IOException("no reader finished, not even with " + heaps.get(0) + " MiB of heap");
        }
        return last;
    }

    private static @Nullable Path jdkOfSpark() throws IOException {
        Path all = Path.of("/usr/lib/jvm");
        if (!Files.isDirectory(all)) {
            return null;
        }
        try (var found = Files.list(all)) {
            return found.filter(home -> Files.isExecutable(home.resolve("bin/javac")))
                    .filter(home -> home.getFileName().toString().contains("17"))
                    .findFirst()
                    .orElse(null);
        }
    }

    private List<String> sparks(Path jdk, Path classpath, int heap, Path csv) throws IOException, InterruptedException {
        Path classes = scratch.resolve("spark-classes");
        if (!Files.exists(classes)) {
            run(List.of(
                    jdk.resolve("bin/javac").toString(),
                    "-cp",
                    Files.readString(classpath).strip(),
                    "-d",
                    classes.toString(),
                    home.resolve("learner/src/spark/SparkRead.java").toString()));
        }
        List<String> command = new ArrayList<>(List.of(jdk.resolve("bin/java").toString(), "-Xmx" + heap + "m"));
        command.add("-XX:+UseSerialGC");
        for (String opened : List.of(
                "java.lang",
                "java.lang.invoke",
                "java.lang.reflect",
                "java.io",
                "java.net",
                "java.nio",
                "java.util",
                "java.util.concurrent",
                "java.util.concurrent.atomic")) {
            command.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
        }
        for (String opened : List.of("sun.nio.ch", "sun.nio.cs", "sun.security.action", "sun.util.calendar")) {
            command.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
        }
        command.addAll(List.of(
                "-Dspark.testing.memory=" + (heap * (1L << 20)),
                "-cp",
                classes + ":" + Files.readString(classpath).strip(),
                "SparkRead",
                csv.toString(),
                Integer.toString(PASSES)));
        return run(command);
    }

    // ---- processes ----

    private List<String> ours(List<String> options, String program, String... arguments)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java")));
        command.add("@" + home.resolve("deploy/jvm.flags"));
        command.add("@" + home.resolve("deploy/vector.flags"));
        command.addAll(options);
        command.add("-cp");
        command.add(Files.readString(home.resolve("learner/target/benchmarks.classpath"))
                .strip());
        command.add(PACKAGE + program);
        command.addAll(List.of(arguments));
        return run(command);
    }

    /** Its standard output; empty when it fails, which its error output tells. */
    private List<String> run(List<String> command) throws IOException, InterruptedException {
        Path output = scratch.resolve("output");
        Process process = new ProcessBuilder(command)
                .directory(scratch.toFile())
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
                throw new IOException("a benchmark did not end in " + PATIENCE_MINUTES + " minutes");
            }
        } finally {
            process.destroyForcibly();
        }
        return process.exitValue() == 0 ? Files.readAllLines(output, StandardCharsets.UTF_8) : List.of();
    }
}
