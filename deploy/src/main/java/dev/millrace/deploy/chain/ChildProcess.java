package dev.millrace.deploy.chain;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A command of {@code millrace} in a process of its own, with a share of the machine: so many processors to plan with, less
 * important than serving where the system has {@code nice}, and killed when more of its memory is resident than its share.
 */
final class ChildProcess {
    private static final long LOOK_MS = 200;
    private static final int LAST_BYTES = 2_000;
    private static final int KILLED = 137;
    private static final List<String> FLAGS = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-modules=jdk.incubator.vector",
            "-XX:+UseSerialGC",
            "-XX:+UseCompactObjectHeaders",
            "-XX:+ExitOnOutOfMemoryError");
    private static final Path NICE = Path.of("/usr/bin/nice");

    private static final String MILLRACE = "dev.millrace.deploy.Millrace";

    private ChildProcess() {}

    /**
     * Returns when it has ended well.
     *
     * @param output gets what it says
     * @throws IOException with its last words when it has not
     * @throws InterruptedException when this thread is interrupted; the process is gone then
     */
    static void run(List<String> arguments, ChainSettings.Share share, Path output)
            throws IOException, InterruptedException {
        run(MILLRACE, arguments, share, output);
    }

    /** The same of another main class. */
    static void run(String main, List<String> arguments, ChainSettings.Share share, Path output)
            throws IOException, InterruptedException {
        Files.createDirectories(output.toAbsolutePath().getParent());
        ProcessBuilder builder = new ProcessBuilder(command(main, arguments, share));
        builder.environment().put(Orphan.VARIABLE, "1");
        Process process = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            long most = 0;
            while (!process.waitFor(LOOK_MS, TimeUnit.MILLISECONDS)) {
                most = Math.max(most, resident(process.pid()));
                if (most > share.bytes()) {
                    throw new IOException(arguments.getFirst() + " needs more memory than the " + (share.bytes() >> 20)
                            + " MiB of its share; give chains.memory more, or chains.atOnce less");
                }
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        if (process.exitValue() != 0) {
            throw new IOException(arguments.getFirst() + " ended with " + process.exitValue()
                    + (process.exitValue() == KILLED ? " (killed)" : "") + ": " + lastOf(output));
        }
    }

    private static List<String> command(String main, List<String> arguments, ChainSettings.Share share) {
        List<String> command = new ArrayList<>();
        if (Files.isExecutable(NICE)) {
            command.addAll(List.of(NICE.toString(), "-n", "10"));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.add("-XX:ActiveProcessorCount=" + share.cores());
        // The other half is for tables, which are beside the heap.
        command.add("-Xmx" + (share.bytes() >> 21) + "m");
        command.add("-XX:MaxDirectMemorySize=" + (share.bytes() >> 21) + "m");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        command.addAll(arguments);
        return command;
    }

    /** Of Linux; 0 elsewhere. */
    private static long resident(long pid) {
        Path status = Path.of("/proc", Long.toString(pid), "status");
        try {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) << 10;
                }
            }
        } catch (IOException | NumberFormatException e) {
            // It has just ended, or this is no Linux.
            return 0;
        }
        return 0;
    }

    private static String lastOf(Path output) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(output.toFile(), "r")) {
            long from = Math.max(0, file.length() - LAST_BYTES);
            byte[] last = new byte[(int) (file.length() - from)];
            file.seek(from);
            file.readFully(last);
            String words = new String(last, StandardCharsets.UTF_8).strip();
            return words.isEmpty() ? "it said nothing" : words;
        }
    }
}
