package dev.millrace.deploy.bench.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.deploy.bench.Figure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** Scoring alone: the benchmark of serving-ps, in a process of its own. */
final class ScoreProcess {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final long PATIENCE_MINUTES = 5;
    /** At most. */
    private static final Map<String, Double> TARGETS = Map.of(
            "score cache",
            40.0,
            "score cache, ids there too",
            40.0,
            "score 256 MiB",
            300.0,
            "score 256 MiB allocated a candidate",
            8.0);

    private final Path home;
    private final Path scratch;

    ScoreProcess(Path home, Path scratch) {
        this.home = home;
        this.scratch = scratch;
    }

    List<Figure> run() throws IOException, InterruptedException {
        Path report = scratch.resolve("score.jsonl");
        String classpath = Files.readString(home.resolve("serving-ps/target/benchmarks.classpath"))
                .strip();
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "@" + home.resolve("deploy/jvm.flags"),
                        "@" + home.resolve("deploy/vector.flags"),
                        "-Xmx1g",
                        "-XX:MaxDirectMemorySize=2g",
                        "-cp",
                        classpath,
                        "dev.millrace.ps.serve.ScoreBench",
                        "--report",
                        report.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
            Objects.requireNonNull(process.destroyForcibly());
            throw new IOException("ScoreBench failed");
        }
        List<Figure> figures = new ArrayList<>();
        for (String line : Files.readAllLines(report)) {
            JsonNode found = MAPPER.readTree(line);
            String name = found.path("name").asText();
            double value = found.path("value").asDouble(Double.NaN);
            String unit = found.path("unit").asText();
            Double target = TARGETS.get(name);
            figures.add(target == null ? Figure.measured(name, value, unit) : Figure.atMost(name, value, unit, target));
        }
        return figures;
    }
}
