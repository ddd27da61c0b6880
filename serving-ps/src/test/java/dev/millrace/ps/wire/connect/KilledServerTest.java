package dev.millrace.ps.wire.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledServerTest {
    private static final int CALLS = 20;

    @TempDir
    Path folder;

    @Test
    void everyPendingCallFailsPromptlyOnEveryTransport() throws Exception {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EchoProcess.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
            List<FlatClient> clients = new ArrayList<>();
            List<CompletableFuture<FlatReply>> calls = new ArrayList<>();
            while (clients.size() < EchoProcess.endpoints(folder).size()) {
                String line = Objects.requireNonNull(said.readLine(), "the process ended");
                if (line.startsWith("at ")) {
                    clients.add(FlatClients.connect(Endpoint.parse(line.substring(3))));
                }
            }
            for (FlatClient client : clients) {
                for (int i = 0; i < CALLS; i++) {
                    calls.add(client.call(0, 0, BodyWriter.NOTHING));
                }
                try (FlatReply reply = client.ask(1, 4, target -> target.putInt(42))) {
                    assertEquals(42, reply.body().getInt());
                }
            }
            process.destroyForcibly().waitFor();
            for (CompletableFuture<FlatReply> call : calls) {
                ExecutionException e = assertThrows(ExecutionException.class, () -> call.get(2, TimeUnit.SECONDS));
                assertEquals(
                        WireCode.UNAVAILABLE,
                        assertInstanceOf(WireException.class, e.getCause()).code());
            }
            for (FlatClient client : clients) {
                client.ended().get(2, TimeUnit.SECONDS);
                assertTrue(!client.isOpen());
                client.close();
            }
        } finally {
            process.destroyForcibly();
        }
    }
}
