package dev.millrace.deploy.e2e;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** {@code millrace serve} as a process of its own, to be killed. */
final class Serve {
    private Serve() {}

    /** Its output goes to {@code dir/serve.log}, its data to {@code dir/data}. */
    static Process start(Path dir, Path spec, int port, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Tools.launcher().toString(),
                "serve",
                "--spec",
                spec.toString(),
                "--data",
                dir.resolve("data").toString(),
                "--port",
                Integer.toString(port),
                // Tests count what stands on the log.
                "--canary",
                "off"));
        command.addAll(Arrays.asList(more));
        ProcessBuilder builder = new ProcessBuilder(command);
        // The build that runs this test is the one to serve.
        builder.environment().put("MILLRACE_SKIP_BUILD", "1");
        return builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        dir.resolve("serve.log").toFile()))
                .start();
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
