package dev.millrace.deploy.cluster;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What the processes of a cluster run, and what the job jar holds, as the build of feature-join wrote it down.
 *
 * @param cluster jars of Flink, of its RocksDB, and of the log
 * @param job jars and folders of classes
 */
record FlinkClasspaths(List<Path> cluster, List<Path> job) {
    private static final List<String> LOGGING = List.of("logback-classic", "logback-core");

    /** @param home the checkout */
    static FlinkClasspaths read(Path home) throws IOException {
        Path target = home.resolve("feature-join").resolve("target");
        List<Path> cluster = new ArrayList<>(entries(target.resolve("cluster.classpath")));
        // The plain jars log through slf4j and bring nothing behind it.
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
                .map(Path::of)
                .filter(entry -> LOGGING.stream()
                        .anyMatch(name -> entry.getFileName().toString().startsWith(name)))
                .forEach(cluster::add);
        List<Path> job = new ArrayList<>();
        job.add(target.resolve("classes"));
        job.addAll(entries(target.resolve("job.classpath")));
        return new FlinkClasspaths(List.copyOf(cluster), List.copyOf(job));
    }

    private static List<Path> entries(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new IOException("there is no " + file + "; build feature-join first (deploy/millrace does)");
        }
        return Stream.of(Files.readString(file).strip().split(File.pathSeparator, -1))
                .map(Path::of)
                .toList();
    }
}
