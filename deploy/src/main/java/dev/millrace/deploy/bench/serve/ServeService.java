package dev.millrace.deploy.bench.serve;

import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ingest.topic.TopicAdmin;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
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

    private ServeService(ServeProcess broker, ServeProcess host, InetSocketAddress address) {
        this.broker = broker;
        this.host = host;
        this.address = address;
    }

    static ServeService start(Path home, String benchmarks, Path scratch) throws IOException, InterruptedException {
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
                    List.of(bootstrap, scratch.resolve("host").toString()));
            try {
                long small = table(ServeWorld.SMALL).publish(bootstrap, REQUESTS, CANDIDATES, 0);
                long large = table(ServeWorld.LARGE).publish(bootstrap, REQUESTS, CANDIDATES, LARGE_ROWS);
                var address = new InetSocketAddress("127.0.0.1", Integer.parseInt(host.await("port")));
                ServeService service = new ServeService(broker, host, address);
                service.awaitRows(ServeWorld.SMALL.model(), small);
                service.awaitRows(ServeWorld.LARGE.model(), large);
                System.err.println("millrace: " + small + " and " + large + " rows serve");
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

    private static ServeTable table(ServeWorld world) {
        return new ServeTable(world, SpecReader.parse(world.model(), world.spec()));
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

    private static int freePort() throws IOException {
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

    String hostHeader() {
        return "127.0.0.1:" + address.getPort();
    }

    @Override
    public void close() {
        host.close();
        broker.close();
    }
}
