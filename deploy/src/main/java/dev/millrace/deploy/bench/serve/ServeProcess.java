package dev.millrace.deploy.bench.serve;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/** A child process that is asked on its stdin and answers on its stdout, with its CPU time and memory. */
final class ServeProcess implements AutoCloseable {
    private static final long STOP_SECONDS = 20;
    private static final long KIB = 1024;

    private final String name;
    private final Process process;
    private final BufferedReader out;
    private final BufferedWriter in;

    private ServeProcess(String name, Process process) {
        this.name = name;
        this.process = process;
        out = process.inputReader();
        in = process.outputWriter();
    }

    /**
     * Starts a class of this class path.
     *
     * @param more beside this process's own class path; empty for none
     */
    static ServeProcess java(Path home, String main, List<String> options, String more, List<String> arguments)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "@" + home.resolve("deploy").resolve("jvm.flags"),
                "@" + home.resolve("deploy").resolve("vector.flags"),
                "-Dmillrace.home=" + home));
        command.addAll(options);
        command.add("-cp");
        command.add(System.getProperty("java.class.path") + (more.isEmpty() ? "" : ":" + more));
        command.add(main);
        command.addAll(arguments);
        return new ServeProcess(
                main,
                new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start());
    }

    /** The rest of the first line that begins so. */
    String await(String start) throws IOException {
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            int at = line.indexOf(start);
            if (at >= 0) {
                return line.substring(at + start.length()).strip();
            }
        }
        throw new IOException(name + " ended");
    }

    /** Asks a word, and reads the number that is answered behind it. */
    long ask(String word) throws IOException {
        in.write(word);
        in.newLine();
        in.flush();
        return Long.parseLong(await(word));
    }

    Duration cpu() {
        return process.toHandle().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /** Resident memory now. */
    long residentBytes() throws IOException {
        Path status = Path.of("/proc/" + process.pid() + "/status");
        try (var lines = Files.lines(status)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                            .map(line -> line.replaceAll("[^0-9]", ""))
                            .mapToLong(Long::parseLong)
                            .findFirst()
                            .orElse(0)
                    * KIB;
        }
    }

    /** @param signal as {@code kill} names it */
    void signal(String signal) throws IOException, InterruptedException {
        var unused = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                Objects.requireNonNull(process.destroyForcibly());
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
