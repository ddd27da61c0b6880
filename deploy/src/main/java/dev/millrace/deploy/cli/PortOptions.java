package dev.millrace.deploy.cli;

import dev.millrace.deploy.embedded.Door;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** At which ports the API listens, and who may come in. */
final class PortOptions {
    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "Port of the API and the live page; 0: any free one. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(
            names = "--grpc-port",
            paramLabel = "PORT",
            defaultValue = "0",
            description = "Port of gRPC, at the same host; 0: any free one; -1: none. Default: ${DEFAULT-VALUE}.")
    private int grpcPort;

    @Mixin
    private DoorOptions door = new DoorOptions();

    /** @throws IllegalArgumentException when they do not go together */
    Door door(Path data) {
        return door.door(data, port).withGrpcPort(grpcPort);
    }
}
