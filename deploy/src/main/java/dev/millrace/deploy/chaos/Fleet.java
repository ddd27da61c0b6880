package dev.millrace.deploy.chaos;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The processes of a remote training: Kafka, three shard owners (one over shared memory, one over a Unix domain socket,
 * one over gRPC), the learners, and a serving replica. Started and closed by one thread.
 */
final class Fleet implements AutoCloseable {
    static final int SHARDS = 3;
    static final int PARTITIONS = 4;

    private static final Duration START = Duration.ofSeconds(60);
    private static final long LOOK_MS = 50;

    private final Path sockets;
    private final String bootstrapServers;
    private final String replicaEndpoint;
    private final List<ChaosProcess> learners = new ArrayList<>();
    private final List<ChaosProcess> all = new ArrayList<>();

    Fleet(ChaosPs.Config config, Path spec) throws IOException {
        Path dir = config.dir();
        int port = freePort();
        bootstrapServers = "127.0.0.1:" + port;
        replicaEndpoint = "tcp://127.0.0.1:" + freePort();
        // A socket's path is short.
        sockets = Files.createTempDirectory("mr");
        Path snapshots = dir.resolve("snapshots");
        all.add(new ChaosProcess(
                config.launcher(),
                dir,
                "broker",
                words(
                        "broker --data %s --port %s --spec %s --shards %s --partitions %s",
                        dir.resolve("broker"), port, spec, SHARDS, PARTITIONS)));
        for (int k = 0; k < SHARDS; k++) {
            all.add(new ChaosProcess(
                    config.launcher(),
                    dir,
                    "training-ps-" + k,
                    words(
                            "training-ps --bootstrap-servers %s --spec %s --data %s --snapshots %s --snapshot-every 2s --listen %s",
                            bootstrapServers, spec, dir.resolve("training-ps-" + k), snapshots, listen(k))));
        }
        for (int l = 0; l < config.learners(); l++) {
            ChaosProcess learner = new ChaosProcess(
                    config.launcher(),
                    dir,
                    "learner-" + l,
                    words(
                            "learner --bootstrap-servers %s --spec %s --data %s --staleness %s",
                            bootstrapServers,
                            spec,
                            dir.resolve("learner-" + l),
                            config.learners() == 1 ? "sync" : "bounded:3"));
            learners.add(learner);
            all.add(learner);
        }
        all.add(new ChaosProcess(
                config.launcher(),
                dir,
                "replica",
                words(
                        "chaos-replica --bootstrap-servers %s --spec %s --data %s --snapshots %s --listen %s",
                        bootstrapServers, spec, dir.resolve("replica"), snapshots, replicaEndpoint)));
    }

    private static String[] words(String format, Object... arguments) {
        String[] words = format.split(" ", -1);
        int next = 0;
        for (int i = 0; i < words.length; i++) {
            if (words[i].equals("%s")) {
                words[i] = String.valueOf(arguments[next++]);
            }
        }
        return words;
    }

    private String listen(int process) {
        return switch (process % 3) {
            case 0 -> "shm:" + sockets.resolve("shm" + process) + ",tcp://127.0.0.1:0";
            case 1 -> "unix:" + sockets.resolve("unix" + process);
            default -> "grpc://127.0.0.1:0";
        };
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Kafka first; returns when it has the topics. */
    void start() throws IOException, InterruptedException {
        ChaosProcess broker = all.getFirst();
        broker.start();
        long deadlineNs = System.nanoTime() + START.toNanos();
        while (!broker.said("Kafka at")) {
            if (!broker.isAlive() || System.nanoTime() - deadlineNs > 0) {
                throw new IOException("Kafka did not start; see broker.out");
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
        for (ChaosProcess process : all.subList(1, all.size())) {
            process.start();
        }
    }

    String bootstrapServers() {
        return bootstrapServers;
    }

    String replicaEndpoint() {
        return replicaEndpoint;
    }

    /** Whatever may die. */
    List<ChaosProcess> all() {
        return all;
    }

    List<ChaosProcess> learners() {
        return learners;
    }

    @Override
    public void close() throws IOException {
        all.forEach(ChaosProcess::close);
        try (var left = Files.list(sockets)) {
            for (Path socket : left.toList()) {
                Files.deleteIfExists(socket);
            }
        }
        Files.deleteIfExists(sockets);
    }
}
