package dev.millrace.ps.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/** A real redis-server on a free port of loopback, that keeps nothing on disk. */
final class RedisProcess implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(20);

    private final Path dir;
    private final boolean cluster;
    final int port;
    private Process process;

    private RedisProcess(Path dir, boolean cluster) throws IOException {
        this.dir = Files.createDirectories(dir);
        this.cluster = cluster;
        port = freePort();
        process = launch();
    }

    /** Skips the test where there is none. */
    static void assumeInstalled() {
        Assumptions.assumeTrue(
                Arrays.stream(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "redis-server"))),
                "redis-server is not installed");
    }

    static RedisProcess start(Path dir) throws IOException {
        RedisProcess server = new RedisProcess(dir, false);
        server.awaitAnswers();
        return server;
    }

    /** Nodes of one cluster, the slots in equal parts. */
    static List<RedisProcess> startCluster(Path dir, int nodes) throws IOException {
        List<RedisProcess> servers = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            servers.add(new RedisProcess(dir.resolve("node-" + i), true));
        }
        for (int i = 0; i < nodes; i++) {
            int first = 16_384 * i / nodes;
            int last = 16_384 * (i + 1) / nodes - 1;
            RedisProcess server = servers.get(i);
            server.awaitAnswers();
            server.call(redis -> redis.clusterAddSlots(
                    java.util.stream.IntStream.rangeClosed(first, last).toArray()));
            server.call(redis -> redis.clusterMeet("127.0.0.1", servers.getFirst().port));
        }
        for (RedisProcess server : servers) {
            Awaitility.await().atMost(START).until(() -> {
                String info = server.call(RedisCommands::clusterInfo);
                return info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:" + nodes);
            });
        }
        return servers;
    }

    private Process launch() throws IOException {
        return new ProcessBuilder(
                        "redis-server",
                        "--port",
                        Integer.toString(port),
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "",
                        "--appendonly",
                        "no",
                        "--cluster-enabled",
                        cluster ? "yes" : "no",
                        "--dir",
                        dir.toString())
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("redis.log").toFile())
                .start();
    }

    private void awaitAnswers() {
        Awaitility.await().atMost(START).until(() -> {
            try {
                return "PONG".equals(call(RedisCommands::ping));
            } catch (RedisException e) {
                return false;
            }
        });
    }

    RedisConfig config() {
        return RedisConfig.of("redis://127.0.0.1:" + port);
    }

    <T> T call(Function<RedisCommands<String, String>, T> question) {
        RedisClient client = RedisClient.create("redis://127.0.0.1:" + port);
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }

    /** Killed, and started again on its port with nothing in it. */
    void restart() throws IOException, InterruptedException {
        process.destroyForcibly().waitFor();
        process = launch();
        awaitAnswers();
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Keeps its connections and answers nothing. */
    void freeze() throws IOException, InterruptedException {
        signal("-STOP");
    }

    void thaw() throws IOException, InterruptedException {
        signal("-CONT");
    }

    private void signal(String signal) throws IOException, InterruptedException {
        int code = new ProcessBuilder("kill", signal, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (code != 0) {
            throw new IOException("kill " + signal + ": " + code);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            // A cluster node's bus listens 10,000 above.
            return socket.getLocalPort() % 20_000 + 20_000;
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
