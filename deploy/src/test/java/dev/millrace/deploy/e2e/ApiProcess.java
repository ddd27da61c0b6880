package dev.millrace.deploy.e2e;

import dev.millrace.deploy.Millrace;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code millrace api} beside a service, as a process of its own, to be killed. */
final class ApiProcess implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final Process process;
    private final URI base;

    private ApiProcess(Process process, URI base) {
        this.process = process;
        this.base = base;
    }

    /** @param dir a folder of its own */
    static ApiProcess start(Service service, Path dir) throws IOException {
        Path spec = Files.writeString(dir.resolve("shop.yml"), Service.SPEC.yaml());
        int port = Serve.freePort();
        Process process = millrace(
                dir.resolve("api.log"),
                Map.of(),
                "api",
                "--bootstrap-servers",
                service.bootstrapServers(),
                "--spec",
                spec.toString(),
                "--data",
                dir.resolve("data").toString(),
                "--port",
                Integer.toString(port),
                "--grpc-port",
                "-1",
                "--canary",
                "off");
        return new ApiProcess(process, URI.create("http://127.0.0.1:" + port));
    }

    /** The command line as a process of its own, of the classes that this one has. */
    static Process millrace(Path log, Map<String, String> environment, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx400m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "--add-modules=jdk.incubator.vector",
                "--add-exports=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Millrace.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        return builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    URI base() {
        return base;
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(base.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(base.resolve(path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(json))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        kill();
        http.close();
    }
}
