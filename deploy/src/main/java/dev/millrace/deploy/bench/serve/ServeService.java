package dev.millrace.deploy.bench.serve;

import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ingest.topic.TopicAdmin;
import dev.millrace.learner.sync.DeltaPublisher;
import dev.millrace.ps.delta.Delta;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A broker and the server under load, a process each, with both worlds' weights applied. */
final class ServeService implements AutoCloseable {
    /** What makes a table of 256 MiB. */
    private static final long LARGE_ROWS = 10_000_000;

    private static final int REQUESTS = 512;
    private static final int CANDIDATES = 1_000;
    private static final long LOOK_MS = 200;
    private static final long PATIENCE_NS = TimeUnit.MINUTES.toNanos(5);

    private final ServeProcess broker;
    private final ServeProcess host;
    private final InetSocketAddress address;
    private final InetSocketAddress grpc;

    private final String bootstrap;
    private final Path data;
    private final Map<String, ServeTable> tables = new HashMap<>();

    private ServeService(
            ServeProcess broker,
            ServeProcess host,
            InetSocketAddress address,
            InetSocketAddress grpc,
            String bootstrap,
            Path data) {
        this.broker = broker;
        this.host = host;
        this.address = address;
        this.grpc = grpc;
        this.bootstrap = bootstrap;
        this.data = data;
    }

    static ServeService start(Path home, String benchmarks, Path scratch) throws IOException, InterruptedException {
        return start(home, benchmarks, scratch, ServeHost.ALL);
    }

    static ServeService start(Path home, String benchmarks, Path scratch, String worlds)
            throws IOException, InterruptedException {
        return start(home, benchmarks, scratch, worlds, "in-process");
    }

    /**
     * @param worlds {@link ServeHost#ALL} or {@link ServeHost#SMALL}
     * @param profiles where they are kept, as {@code serve --profiles} has it
     */
    static ServeService start(Path home, String benchmarks, Path scratch, String worlds, String profiles)
            throws IOException, InterruptedException {
        int port = freePort();
        ServeProcess broker = ServeProcess.java(
                home,
                "dev.millrace.deploy.Millrace",
                List.of("-Xms256m", "-Xmx512m"),
                "",
                List.of("broker", "--data", scratch.resolve("broker").toString(), "--port", Integer.toString(port)));
        try {
            String bootstrap = broker.await("Kafka at").split(";", 2)[0];
            TopicAdmin.create(
                    bootstrap,
                    List.of(ServeWorld.SMALL.model(), ServeWorld.LARGE.model(), SlowWeights.MODEL),
                    TopicAdmin.Layout.EMBEDDED);
            ServeProcess host = ServeProcess.java(
                    home,
                    ServeHost.class.getName(),
                    List.of("-Xms1g", "-Xmx1g", "-XX:MaxDirectMemorySize=2g"),
                    benchmarks,
                    List.of(bootstrap, scratch.resolve("host").toString(), worlds, profiles));
            try {
                ServeService service = new ServeService(
                        broker,
                        host,
                        listening(host, "port"),
                        listening(host, "grpc"),
                        bootstrap,
                        scratch.resolve("host"));
                service.publish(ServeWorld.SMALL, 0);
                if (worlds.equals(ServeHost.ALL)) {
                    service.publish(ServeWorld.LARGE, LARGE_ROWS);
                }
                return service;
            } catch (IOException | RuntimeException | InterruptedException e) {
                host.close();
                throw e;
            }
        } catch (IOException | RuntimeException | InterruptedException e) {
            broker.close();
            throw e;
        }
    }

    private static InetSocketAddress listening(ServeProcess host, String what) throws IOException {
        return new InetSocketAddress("127.0.0.1", Integer.parseInt(host.await(what)));
    }

    private void publish(ServeWorld world, long rows) throws IOException, InterruptedException {
        ServeTable table = new ServeTable(world, SpecReader.parse(world.model(), world.spec()), REQUESTS, CANDIDATES);
        tables.put(world.model(), table);
        long sent = table.publish(bootstrap, rows);
        awaitRows(world.model(), sent);
        System.err.println("millrace: " + world.model() + ": " + sent + " rows serve");
    }

    /** Other weights for every row, at a learner's pace; returns when the host has the last of them. */
    void publishAgain(ServeWorld world) throws IOException, InterruptedException {
        ServeTable table = java.util.Objects.requireNonNull(tables.get(world.model()));
        awaitVersion(world, table.publishAgain(bootstrap));
    }

    /** Writes a snapshot of other weights for every row; {@link Switch#run} makes the host take it. */
    Switch prepareSwitch(ServeWorld world) throws IOException {
        ServeTable table = java.util.Objects.requireNonNull(tables.get(world.model()));
        Delta beyond = table.writeSnapshot(data.resolve(world.model() + "-snapshots"));
        return () -> {
            try (DeltaPublisher publisher = new DeltaPublisher(bootstrap, world.model(), -1)) {
                publisher.send(beyond);
                publisher.flush();
            }
            awaitVersion(world, beyond.header().sequence());
        };
    }

    /** From some weights to others. */
    interface Switch {
        /** Returns when the host has the other ones. */
        void run() throws IOException, InterruptedException;
    }

    private void awaitVersion(ServeWorld world, long sequence) throws IOException, InterruptedException {
        long until = System.nanoTime() + PATIENCE_NS;
        while (host.ask("version " + world.model()) < sequence) {
            if (System.nanoTime() > until) {
                throw new IOException(world.model() + " did not come to version " + sequence);
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
    }

    private void awaitRows(String model, long rows) throws IOException, InterruptedException {
        long until = System.nanoTime() + PATIENCE_NS;
        while (host.ask(model) < rows) {
            if (System.nanoTime() > until) {
                throw new IOException(model + " has " + host.ask(model) + " rows of " + rows);
            }
            TimeUnit.MILLISECONDS.sleep(LOOK_MS);
        }
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    ServeProcess broker() {
        return broker;
    }

    ServeProcess host() {
        return host;
    }

    InetSocketAddress address() {
        return address;
    }

    InetSocketAddress grpc() {
        return grpc;
    }

    String hostHeader() {
        return "127.0.0.1:" + address.getPort();
    }

    @Override
    public void close() {
        host.close();
        broker.close();
    }
}
