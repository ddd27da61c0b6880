package dev.millrace.api.grpc;

/**
 * The gRPC server.
 *
 * @param port at the host of HTTP; 0: any free one; {@link #OFF}: no gRPC
 * @param reflection whether anybody may ask what services there are; never where keys are asked for
 * @param connections at a time
 * @param calls of one connection at a time
 * @param allCalls of all connections at a time; each may have a message as long as a body on its way
 * @param metadataBytes of all of a call's metadata
 */
public record GrpcConfig(int port, boolean reflection, int connections, int calls, int allCalls, int metadataBytes) {
    public static final int OFF = -1;
    public static final GrpcConfig DEFAULT = new GrpcConfig(0, true, 1024, 256, 256, 8192);

    private static final int MAX_PORT = 65_535;

    public GrpcConfig {
        if (port < OFF
                || port > MAX_PORT
                || Math.min(connections, Math.min(calls, allCalls)) < 1
                || metadataBytes < 1) {
            throw new IllegalArgumentException(
                    "grpc: port must be -1..65535, connections, calls, allCalls and metadataBytes above 0: port " + port
                            + ", connections " + connections + ", calls " + calls + ", allCalls " + allCalls
                            + ", metadataBytes " + metadataBytes);
        }
    }

    public GrpcConfig withPort(int newPort) {
        return new GrpcConfig(newPort, reflection, connections, calls, allCalls, metadataBytes);
    }
}
