package dev.millrace.ps.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.millrace.ps.bench.proto.PullReply;
import dev.millrace.ps.bench.proto.PullRequest;
import dev.millrace.ps.bench.proto.PullVarintRequest;
import dev.millrace.ps.bench.proto.PullsGrpc;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.connect.FlatServer;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** The serving process of {@link WireBench}: one table behind every transport; ends with its standard input. */
final class PullServer {
    /** Before each line of its output that matters. */
    static final String SAYS = "wire-bench ";

    static final int PULL = 1;
    static final int CPU = 2;
    static final int PULL_NO_TABLE = 3;

    private static final ThreadLocal<long[]> KEYS = ThreadLocal.withInitial(() -> new long[PullTable.KEYS]);
    private static final ThreadLocal<float[]> WEIGHTS = ThreadLocal.withInitial(() -> new float[PullTable.KEYS]);
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final PullTable table;
    private final PullTable none = new PullTable(0);

    private PullServer(int rows) {
        table = new PullTable(rows);
    }

    static void run(int rows, Path folder) throws IOException, InterruptedException {
        PullServer server = new PullServer(rows);
        Server plain = plain(server.table);
        Server plainNoTable = plain(server.none);
        List<Endpoint> endpoints = List.of(
                Endpoint.grpc("127.0.0.1", 0),
                Endpoint.tcp("127.0.0.1", 0),
                Endpoint.unix(folder.resolve("lane").toString()),
                Endpoint.shm(folder.resolve("rings").toString()));
        try (FlatServer flat = FlatServer.start(endpoints, server::handle)) {
            System.out.println(SAYS + plain.getPort());
            System.out.println(SAYS + plainNoTable.getPort());
            flat.endpoints().forEach(endpoint -> System.out.println(SAYS + endpoint));
            while (System.in.read() >= 0) {
                continue;
            }
        } finally {
            plain.shutdownNow().awaitTermination();
            plainNoTable.shutdownNow().awaitTermination();
        }
    }

    private static Server plain(PullTable table) throws IOException {
        return Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(new Messages(table))
                .build()
                .start();
    }

    static long cpuNs() {
        return SYSTEM.getProcessCpuTime();
    }

    private void handle(FlatRequest request) {
        switch (request.op()) {
            case PULL -> pull(request, table);
            case PULL_NO_TABLE -> pull(request, none);
            case CPU -> request.reply(Long.BYTES, target -> target.putLong(cpuNs()));
            default -> request.fail(WireCode.BAD_REQUEST, "no such operation");
        }
    }

    private static void pull(FlatRequest request, PullTable table) {
        ByteBuffer body = request.body();
        int n = body.remaining() / Long.BYTES;
        if (n > PullTable.KEYS) {
            request.fail(WireCode.BAD_REQUEST, PullTable.KEYS, "at most so many keys");
            return;
        }
        long[] keys = KEYS.get();
        float[] weights = WEIGHTS.get();
        body.asLongBuffer().get(keys, 0, n);
        table.look(keys, n, weights);
        request.reply(n * Float.BYTES, target -> {
            target.asFloatBuffer().put(weights, 0, n);
            target.position(n * Float.BYTES);
        });
    }

    /** As protobuf's and gRPC's guides have it. */
    private static final class Messages extends PullsGrpc.PullsImplBase {
        private final PullTable table;

        Messages(PullTable table) {
            this.table = table;
        }

        @Override
        public void pull(PullRequest request, StreamObserver<PullReply> observer) {
            long[] keys = KEYS.get();
            int n = Math.min(keys.length, request.getKeysCount());
            for (int i = 0; i < n; i++) {
                keys[i] = request.getKeys(i);
            }
            answer(keys, n, observer);
        }

        @Override
        public void pullVarint(PullVarintRequest request, StreamObserver<PullReply> observer) {
            long[] keys = KEYS.get();
            int n = Math.min(keys.length, request.getKeysCount());
            for (int i = 0; i < n; i++) {
                keys[i] = request.getKeys(i);
            }
            answer(keys, n, observer);
        }

        private void answer(long[] keys, int n, StreamObserver<PullReply> observer) {
            float[] weights = WEIGHTS.get();
            table.look(keys, n, weights);
            PullReply.Builder reply = PullReply.newBuilder();
            for (int i = 0; i < n; i++) {
                reply.addValues(weights[i]);
            }
            observer.onNext(reply.build());
            observer.onCompleted();
        }
    }
}
