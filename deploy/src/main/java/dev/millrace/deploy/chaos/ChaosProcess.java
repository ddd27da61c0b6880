package dev.millrace.deploy.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A Millrace command as a process that can be killed and started again. What it prints goes to a file. */
final class ChaosProcess implements AutoCloseable {
    private static final String JAVA_OPTIONS =
            "-Xms64m -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:MaxDirectMemorySize=1g";
    private static final long STOP_S = 60;

    private final Path launcher;
    private final String name;
    private final List<String> arguments;
    private final Path output;
    private @Nullable Process process;

    ChaosProcess(Path launcher, Path dir, String name, String... arguments) {
        this.launcher = launcher;
        this.name = name;
        this.arguments = List.of(arguments);
        this.output = dir.resolve(name + ".out");
    }

    String name() {
        return name;
    }

    void start() throws IOException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        // Who runs this has built it.
        builder.environment().put("MILLRACE_SKIP_BUILD", "1");
        builder.environment().put("MILLRACE_JAVA_OPTS", JAVA_OPTIONS);
        process = builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                .start();
    }

    /** {@code kill -9}. */
    void kill() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
    }

    /** SIGTERM. @return whether it ended in time */
    boolean stop() throws InterruptedException {
        if (process == null) {
            return true;
        }
        process.destroy();
        return process.waitFor(STOP_S, TimeUnit.SECONDS);
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Whether it has printed this, in any of its lives. */
    boolean said(String text) {
        try {
            return Files.exists(output) && Files.readString(output).contains(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
