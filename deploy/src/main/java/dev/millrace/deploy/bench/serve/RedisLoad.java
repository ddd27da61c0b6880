package dev.millrace.deploy.bench.serve;

import dev.millrace.deploy.bench.Figure;
import dev.millrace.load.open.Requests;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Profiles in Redis beside profiles in the process: the same requests to two servers in turns. */
final class RedisLoad {
    private static final int CANDIDATES = 20;
    private static final int CONNECTIONS = 32;
    private static final int TURNS = 5;
    private static final double RATE = 1_000;
    private static final Duration WARM_UP = Duration.ofSeconds(2);
    private static final Duration FIRST_WARM_UP = Duration.ofSeconds(15);
    private static final Duration MEASURED = Duration.ofSeconds(5);
    private static final double ABOVE_MS = 5;
    private static final Pattern MGETS = Pattern.compile("cmdstat_mget:calls=(\\d+)");
    private static final Pattern COMMANDS = Pattern.compile("total_commands_processed:(\\d+)");

    private final Path home;
    private final String benchmarks;
    private final Path scratch;

    RedisLoad(Path home, String benchmarks, Path scratch) {
        this.home = home;
        this.benchmarks = benchmarks;
        this.scratch = scratch;
    }

    void run(List<Figure> figures) throws IOException, InterruptedException {
        int port = ServeService.freePort();
        Path dir = Files.createDirectories(scratch.resolve("redis"));
        Process redis = new ProcessBuilder(
                        "redis-server",
                        "--port",
                        Integer.toString(port),
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        "",
                        "--dir",
                        dir.toString())
                .redirectOutput(dir.resolve("redis.log").toFile())
                .start();
        try (ServeService here = ServeService.start(home, benchmarks, scratch.resolve("here"), ServeHost.SMALL);
                ServeService there = ServeService.start(
                        home, benchmarks, scratch.resolve("there"), ServeHost.SMALL, "redis://127.0.0.1:" + port)) {
            Map<String, Double> rates = Map.of("profiles", RATE);
            Turns inProcess = turns(here);
            Turns inRedis = turns(there);
            var unused = inProcess.pace(1, CONNECTIONS, FIRST_WARM_UP, WARM_UP, rates);
            var unused2 = inRedis.pace(1, CONNECTIONS, FIRST_WARM_UP, WARM_UP, rates);
            double[] above = new double[TURNS];
            double[] trips = new double[TURNS];
            for (int turn = 0; turn < TURNS; turn++) {
                double near = p99(inProcess, rates);
                long mgets = number(info(port, "commandstats"), MGETS);
                long commands = number(info(port, "stats"), COMMANDS);
                double far = p99(inRedis, rates);
                above[turn] = far - near;
                double requests = RATE * (WARM_UP.toSeconds() + MEASURED.toSeconds());
                trips[turn] = (number(info(port, "commandstats"), MGETS) - mgets) / requests;
                System.err.println("millrace: p99 " + near + " ms, with Redis " + far + " ms, " + trips[turn]
                        + " MGET a request, commands "
                        + (number(info(port, "stats"), COMMANDS) - commands));
            }
            java.util.Arrays.sort(above);
            java.util.Arrays.sort(trips);
            figures.add(Figure.atMost("redis round trips a request", trips[TURNS - 1], "", 1.01));
            figures.add(Figure.atMost("redis p99 above in-process", above[TURNS / 2], "ms", ABOVE_MS));
        } finally {
            redis.destroy();
        }
    }

    private static double p99(Turns turns, Map<String, Double> rates) throws IOException {
        return java.util.Objects.requireNonNull(
                        turns.pace(1, CONNECTIONS, WARM_UP, MEASURED, rates).get("profiles"))
                .p99();
    }

    private static Turns turns(ServeService service) {
        Requests requests = ServeWorld.SMALL.requests(
                service.hostHeader(), "/v1/models/" + ServeWorld.SMALL.model() + "/rank", CANDIDATES);
        return new Turns(service.host(), service.broker()).with("profiles", Load.http(service.address(), requests));
    }

    private static String info(int port, String section) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(("INFO " + section + "\r\nQUIT\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    private static long number(String info, Pattern pattern) {
        Matcher matcher = pattern.matcher(info);
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }
}
