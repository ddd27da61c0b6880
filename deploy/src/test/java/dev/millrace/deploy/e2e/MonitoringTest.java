package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.canary.CanaryConfig;
import dev.millrace.api.monitor.window.WindowConfig;
import dev.millrace.deploy.embedded.Watching;
import dev.millrace.load.client.RestClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Grafana's dashboards ask for is exported, and Prometheus itself scrapes it and answers. */
@Tag("e2e")
class MonitoringTest {
    private static final Path MONITORING = Tools.root().resolve("deploy").resolve("monitoring");
    private static final Pattern METRIC = Pattern.compile("millrace_[a-z_]+");

    @TempDir
    Path data;

    @Test
    void everyQueryIsAnswered() throws IOException, InterruptedException, TimeoutException {
        List<String> queries = queries();
        assertTrue(queries.size() >= 20, queries.toString());
        var watching = new Watching(WindowConfig.DEFAULT, CanaryConfig.DEFAULT, true);
        try (Service service = Service.watched(data.resolve("service"), PageArms.SPECS, watching)) {
            service.rank("m-1", "ida", "hat");
            service.act("m-e1", "like", "m-1", "hat");
            service.settled("m-e1");
            Set<String> exported = exported(service);
            for (String query : queries) {
                METRIC.matcher(query).results().forEach(name -> assertTrue(exported.contains(name.group()), query));
            }
            assumeTrue(Tools.onPath("prometheus"), "no prometheus on the PATH (Debian's package of that name)");
            askPrometheus(service, queries);
        }
    }

    private static List<String> queries() throws IOException {
        List<String> queries = new ArrayList<>();
        try (Stream<Path> boards = Files.list(MONITORING.resolve("grafana"))) {
            for (Path board : boards.toList()) {
                for (JsonNode panel :
                        new ObjectMapper().readTree(board.toFile()).path("panels")) {
                    panel.path("targets")
                            .forEach(target -> queries.add(target.path("expr").asText()));
                }
            }
        }
        return queries;
    }

    private static Set<String> exported(Service service) throws IOException, InterruptedException {
        return service.get("/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith("millrace_"))
                .map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void askPrometheus(Service service, List<String> queries) throws IOException, InterruptedException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path config = data.resolve("prometheus.yml");
        Files.writeString(
                config,
                Files.readString(MONITORING.resolve("prometheus.yml"))
                        .replace("127.0.0.1:8080", service.uri("/").getAuthority())
                        .replace("scrape_interval: 5s", "scrape_interval: 1s"));
        Process prometheus = new ProcessBuilder(
                        "prometheus",
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + data.resolve("tsdb"),
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(data.resolve("prometheus.log").toFile())
                .start();
        try (RestClient rest = new RestClient(URI.create("http://127.0.0.1:" + port))) {
            Awaitility.await().ignoreExceptions().atMost(Service.PATIENCE).until(() -> value(rest, "up") == 1);
            assertEquals(0, value(rest, "millrace_gate_frozen{model=\"shop\"}"));
            for (String query : queries) {
                JsonNode answer = ask(rest, query.replace("$model", "shop"));
                assertEquals("success", answer.path("status").asText(), query + ": " + answer);
            }
        } finally {
            prometheus.destroy();
            prometheus.waitFor();
        }
    }

    private static double value(RestClient rest, String query) throws IOException, InterruptedException {
        return ask(rest, query)
                .path("data")
                .path("result")
                .path(0)
                .path("value")
                .path(1)
                .asDouble(Double.NaN);
    }

    private static JsonNode ask(RestClient rest, String query) throws IOException, InterruptedException {
        return rest.get("/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8));
    }
}
