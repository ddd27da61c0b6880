package dev.millrace.deploy.embedded;

import dev.millrace.api.ApiConfig;
import dev.millrace.api.grpc.GrpcConfig;

/**
 * Where the API listens, and who may come in.
 *
 * @param port 0: any free one
 * @param grpc the same, of gRPC
 */
public record Door(String host, int port, ApiConfig.Edge edge, GrpcConfig grpc) {
    /** With gRPC at any free port. */
    public Door(String host, int port, ApiConfig.Edge edge) {
        this(host, port, edge, GrpcConfig.DEFAULT);
    }

    public Door withGrpcPort(int grpcPort) {
        return new Door(host, port, edge, grpc.withPort(grpcPort));
    }

    /** For this machine, which nobody asks who it is. */
    public static Door local(int port) {
        return new Door(ApiConfig.LOOPBACK, port, ApiConfig.Edge.DEV);
    }
}
