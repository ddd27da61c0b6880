package dev.millrace.deploy.bench.serve;

import dev.millrace.ingest.proto.api.RankRequest;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Messages over gRPC, on a few connections. */
final class GrpcDoor implements Door {
    private static final String RANK = "millrace.api.v1.Ranking/Rank";
    /** Where the launcher has compiled the benchmarks. */
    private static final String ECHO = "millrace.bench.Echo/Rank";

    private final GrpcConnections connections;

    GrpcDoor(InetSocketAddress server) {
        connections = new GrpcConnections(server);
    }

    @Override
    public String name() {
        return "grpc";
    }

    @Override
    public Load rank(ServeWorld world, int candidates) {
        return load(world, RANK, candidates);
    }

    @Override
    public Load echo(ServeWorld world, int candidates) {
        return load(world, ECHO, candidates);
    }

    private Load load(ServeWorld world, String method, int candidates) {
        List<byte[]> messages = new ArrayList<>(ServeWorld.DIFFERENT_REQUESTS);
        for (int n = 0; n < ServeWorld.DIFFERENT_REQUESTS; n++) {
            RankRequest message = world.message(n, candidates, Math.min(ServeWorld.LIMIT, candidates));
            messages.add(message.toByteArray());
        }
        return new GrpcLoad(connections, method, messages);
    }

    @Override
    public void close() {
        connections.close();
    }
}
