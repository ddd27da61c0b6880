package dev.millrace.deploy.cluster;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A JobManager or TaskManager as a process of its own. What it prints goes to a file. */
final class FlinkProcess implements AutoCloseable {
    private static final long STOP_S = 20;

    /** One that dies sooner than this, that often in a row, is left dead. */
    private static final long SOON_NS = TimeUnit.SECONDS.toNanos(20);

    private static final int SOON_DEATHS = 3;

    private final ProcessBuilder builder;
    private volatile Process process;
    private long startNs = System.nanoTime();
    private int soonDeaths;

    private FlinkProcess(ProcessBuilder builder) throws IOException {
        this.builder = builder;
        this.process = builder.start();
    }

    /**
     * Starts it.
     *
     * @param command as {@link JoinCluster#command} makes it
     * @param settings Flink's
     */
    static FlinkProcess start(ProcessBuilder command, Map<String, String> settings, Path output) throws IOException {
        settings.forEach((key, value) -> command.command().add("-D" + key + "=" + value));
        return new FlinkProcess(command.redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile())));
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Of a dead one: whether it is worth another try. */
    boolean mayRestart() {
        return soonDeaths < SOON_DEATHS;
    }

    /** By one thread. */
    void restart() throws IOException {
        long nowNs = System.nanoTime();
        soonDeaths = nowNs - startNs < SOON_NS ? soonDeaths + 1 : 0;
        startNs = nowNs;
        process = builder.start();
    }

    /** {@code kill -9}; returns when it is dead. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(STOP_S, TimeUnit.SECONDS)) {
                kill();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
