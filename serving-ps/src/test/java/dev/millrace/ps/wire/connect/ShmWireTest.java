package dev.millrace.ps.wire.connect;

import dev.millrace.ps.wire.Endpoint;
import java.nio.file.Path;

class ShmWireTest extends WireContract {
    @Override
    Endpoint where(Path folder) {
        return Endpoint.shm(folder.resolve("s").toString());
    }
}
