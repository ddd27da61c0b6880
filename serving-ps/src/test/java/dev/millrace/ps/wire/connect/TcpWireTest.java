package dev.millrace.ps.wire.connect;

import dev.millrace.ps.wire.Endpoint;
import java.nio.file.Path;

class TcpWireTest extends WireContract {
    @Override
    Endpoint where(Path folder) {
        return Endpoint.tcp("127.0.0.1", 0);
    }
}
