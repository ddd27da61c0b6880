package dev.millrace.ps.wire.connect;

import dev.millrace.ps.wire.Endpoint;
import java.nio.file.Path;
import java.util.List;

/** Serves at every kind of address in its own process: operation 0 is never answered, the others echo. */
final class EchoProcess {
    private EchoProcess() {}

    static List<Endpoint> endpoints(Path folder) {
        return List.of(
                Endpoint.grpc("127.0.0.1", 0),
                Endpoint.tcp("127.0.0.1", 0),
                Endpoint.unix(folder.resolve("lane").toString()),
                Endpoint.shm(folder.resolve("rings").toString()));
    }

    public static void main(String[] args) throws Exception {
        FlatServer server = FlatServer.start(endpoints(Path.of(args[0])), request -> {
            if (request.op() != 0) {
                request.reply(request.body().remaining(), target -> target.put(request.body()));
            }
        });
        server.endpoints().forEach(endpoint -> System.out.println("at " + endpoint));
        while (System.in.read() >= 0) {
            continue;
        }
        server.close();
    }
}
