package dev.millrace.deploy.bench.serve;

import dev.millrace.deploy.bench.BenchReport;
import dev.millrace.deploy.bench.Figure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Serving against its targets, each part in processes of its own. */
public final class ServeBench {
    /** Part by part; a target without its figure is an error. */
    public enum Part {
        SCORE("score cache", "score cache, ids there too", "score 256 MiB", "score 256 MiB allocated a candidate"),
        REST(
                "rest cache saturation / echo",
                "rest 256 MiB saturation / echo",
                "rest cache p99 / echo at half",
                "rest 256 MiB p99 / echo at half"),
        GRPC(
                "grpc cache saturation / echo",
                "grpc 256 MiB saturation / echo",
                "grpc cache p99 / echo at half",
                "grpc 256 MiB p99 / echo at half"),
        RELOAD("reload p99 / before", "reload memory / before", "switch p99 / before", "switch memory / before"),
        OVERLOAD("overload goodput / saturation", "overload memory / before", "overload recovery"),
        LOOP("loop ranked of 2,000/s", "loop rank p99"),
        REDIS("redis round trips a request", "redis p99 above in-process");

        private final List<String> targets;

        Part(String... targets) {
            this.targets = List.of(targets);
        }
    }

    private final Path home;
    private final String benchmarks;
    private final Path scratch;
    private final List<Figure> figures = new ArrayList<>();

    /**
     * @param home the checkout
     * @param benchmarks folder of the compiled benchmarks of api-server, which the launcher builds
     * @param scratch folder for data
     */
    public ServeBench(Path home, Path benchmarks, Path scratch) {
        this.home = home;
        this.benchmarks = benchmarks.toString();
        this.scratch = scratch;
    }

    private void rank(ServeService service, Door door) throws IOException {
        try (door) {
            new RankLoad(service, door).run(figures);
        }
    }

    public BenchReport run(Set<Part> parts) throws IOException, InterruptedException {
        if (parts.contains(Part.SCORE)) {
            figures.addAll(new ScoreProcess(home, scratch).run());
        }
        if (!Collections.disjoint(parts, EnumSet.of(Part.REST, Part.GRPC, Part.RELOAD, Part.OVERLOAD))) {
            try (ServeService service = ServeService.start(home, benchmarks, Files.createDirectories(scratch))) {
                if (parts.contains(Part.REST)) {
                    rank(service, Door.rest(service));
                }
                if (parts.contains(Part.GRPC)) {
                    rank(service, new GrpcDoor(service.grpc()));
                }
                if (parts.contains(Part.RELOAD)) {
                    new ReloadLoad(service).run(figures);
                }
                if (parts.contains(Part.OVERLOAD)) {
                    new OverloadLoad(service).run(figures);
                }
            }
        }
        if (parts.contains(Part.LOOP)) {
            new LoopLoad(home, scratch).run(figures);
        }
        if (parts.contains(Part.REDIS)) {
            new RedisLoad(home, benchmarks, scratch).run(figures);
        }
        for (Part part : parts) {
            for (String target : part.targets) {
                if (figures.stream().noneMatch(figure -> figure.name().equals(target))) {
                    throw new IOException("nothing has measured " + target);
                }
            }
        }
        return new BenchReport(figures);
    }
}
