package dev.millrace.ps.wire.connect;

import dev.millrace.ps.wire.Endpoint;
import java.nio.file.Path;

class GrpcWireTest extends WireContract {
    @Override
    Endpoint where(Path folder) {
        return Endpoint.grpc("127.0.0.1", 0);
    }
}
