package dev.millrace.ps.wire.connect;

import dev.millrace.ps.wire.Endpoint;
import java.nio.file.Path;

class UnixWireTest extends WireContract {
    @Override
    Endpoint where(Path folder) {
        return Endpoint.unix(folder.resolve("s").toString());
    }
}
