package dev.millrace.deploy.bench;

import dev.millrace.load.client.MillraceClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** {@code millrace serve} as a process of its own, with how long it took to start. */
public final class ServiceProcess implements AutoCloseable {
    private static final Duration START = Duration.ofMinutes(2);
    private static final long LOOK_MS = 20;

    private final Process process;
    private final URI baseUri;
    private final double readySeconds;
    private final double joinSeconds;

    private ServiceProcess(Process process, URI baseUri, double readySeconds, double joinSeconds) {
        this.process = process;
        this.baseUri = baseUri;
        this.readySeconds = readySeconds;
        this.joinSeconds = joinSeconds;
    }

    /**
     * Starts it on the folder; returns when it is ready to rank and its join runs.
     *
     * @param more options of serve
     */
    public static ServiceProcess start(Path launcher, Path spec, Path data, String... more)
            throws IOException, InterruptedException {
        int port = freePort();
        URI base = URI.create("http://127.0.0.1:" + port);
        ProcessBuilder builder = new ProcessBuilder(
                launcher.toString(),
                "serve",
                "--spec",
                spec.toString(),
                "--data",
                data.toString(),
                "--port",
                Integer.toString(port));
        builder.command().addAll(List.of(more));
        builder.environment().put("MILLRACE_SKIP_BUILD", "1");
        long startNs = System.nanoTime();
        Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
        CountDownLatch join = new CountDownLatch(1);
        Thread.ofVirtual().start(() -> drain(process, join));
        try (MillraceClient client = new MillraceClient(base)) {
            while (!client.ready()) {
                if (!process.isAlive() || seconds(startNs) > START.toSeconds()) {
                    process.destroyForcibly();
                    throw new IOException("the service did not become ready");
                }
                Thread.sleep(LOOK_MS);
            }
        }
        double ready = seconds(startNs);
        if (!join.await(START.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException("the join did not run");
        }
        return new ServiceProcess(process, base, ready, seconds(startNs));
    }

    private static void drain(Process process, CountDownLatch join) {
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.contains("join running")) {
                    join.countDown();
                }
            }
        } catch (IOException e) {
            // The process ended; whoever waits for it sees that.
            join.countDown();
        }
    }

    private static double seconds(long sinceNs) {
        return (System.nanoTime() - sinceNs) / 1e9;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    public URI baseUri() {
        return baseUri;
    }

    /** From the launch of the process until its readiness. */
    double readySeconds() {
        return readySeconds;
    }

    /** From the launch of the process until its join reads the log. */
    double joinSeconds() {
        return joinSeconds;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
