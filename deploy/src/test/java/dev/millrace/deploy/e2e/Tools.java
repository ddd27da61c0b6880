package dev.millrace.deploy.e2e;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Programs that a test starts, and data that it may find. */
final class Tools {
    private Tools() {}

    record Result(int code, String output) {}

    static boolean onPath(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
    }

    /** Runs to the end; standard output and error together. */
    static Result run(byte[] input, String... command) throws IOException, InterruptedException {
        Path in = Files.createTempFile("millrace-in", "");
        Path out = Files.createTempFile("millrace-out", "");
        try {
            Files.write(in, input);
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().put("MILLRACE_SKIP_BUILD", "1");
            Process process = builder.redirectInput(in.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile())
                    .start();
            return new Result(process.waitFor(), Files.readString(out, StandardCharsets.UTF_8));
        } finally {
            Files.delete(in);
            Files.delete(out);
        }
    }

    /** {@code deploy/millrace}, as built by whoever runs this test. */
    static Result millrace(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher().toString()));
        command.addAll(List.of(arguments));
        return run(new byte[0], command.toArray(String[]::new));
    }

    static Path launcher() {
        return root().resolve("deploy").resolve("millrace");
    }

    /** The repository's root: tests run in a module's folder. */
    static Path root() {
        return Objects.requireNonNull(Path.of("").toAbsolutePath().getParent());
    }

    /** A data set that may not be published: looked for, never committed. */
    static Optional<Path> data(String name) {
        return Stream.of(
                        System.getProperty("millrace.data", ""),
                        System.getenv().getOrDefault("MILLRACE_DATA", ""),
                        root().resolveSibling("shared").resolve("data").toString())
                .filter(dir -> !dir.isEmpty())
                .map(dir -> Path.of(dir, name))
                .filter(Files::isDirectory)
                .findFirst();
    }
}
