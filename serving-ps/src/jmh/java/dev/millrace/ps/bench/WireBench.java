package dev.millrace.ps.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.Endpoint;
import dev.millrace.ps.wire.FlatClient;
import dev.millrace.ps.wire.FlatReply;
import dev.millrace.ps.wire.connect.FlatClients;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Pulls of 1,000 rows (8-byte keys, 4-byte weights, looked up in a serving table) between two processes, 16 in flight:
 * plain protobuf messages ({@code repeated fixed64 keys}, {@code repeated float values}) over gRPC-Java with its default
 * settings, the same with varint keys, and the flat calls over each transport. They take turns in one run; a ratio is
 * the median of the rounds' ratios to the plain messages.
 *
 * <p>{@code --rows 0} answers without a table: the way alone.
 *
 * <pre>WireBench [--rows 4096] [--rounds 7] [--seconds 2] [--warmup 6] [--in-flight 16] [--only a,b] --report FILE</pre>
 */
public final class WireBench {
    private static final String BASE = "protobuf";
    private static final double WARM_PULLS = 60_000;
    private static final int MAX_WARM_UPS = 10;

    private final Map<String, String> options = new LinkedHashMap<>(Map.of(
            "rows",
            "16384",
            "rounds",
            "7",
            "seconds",
            "2",
            "warmup",
            "6",
            "in-flight",
            "16",
            "only",
            "",
            "report",
            ""));

    private record Turn(double perSecond, double clientCpuUs, double serverCpuUs) {}

    /** One of the calls in flight, which makes itself anew until the turn is over. */
    private static final class Lane implements Puller.Done {
        final long[] keys;
        final float[] weights = new float[PullTable.KEYS];
        final Puller puller;
        final LongAdder pulls;
        final CountDownLatch over;
        final AtomicReference<@Nullable Throwable> failed;
        volatile boolean stop;

        Lane(
                Puller puller,
                long[] keys,
                LongAdder pulls,
                CountDownLatch over,
                AtomicReference<@Nullable Throwable> failed) {
            this.puller = puller;
            this.keys = keys;
            this.pulls = pulls;
            this.over = over;
            this.failed = failed;
        }

        @Override
        public void done(@Nullable Throwable failure) {
            if (failure != null || stop) {
                failed.compareAndSet(null, failure);
                over.countDown();
                return;
            }
            pulls.increment();
            puller.pull(keys, weights, this);
        }

        void check() {
            for (int i = 0; i < weights.length; i++) {
                if (weights[i] != PullTable.weight(keys[i])) {
                    throw new IllegalStateException("wrong weight of key " + keys[i]);
                }
            }
        }
    }

    private WireBench(String[] args) {
        for (int i = 0; i + 1 < args.length; i += 2) {
            String name = args[i].replaceFirst("^--", "");
            if (!args[i].startsWith("--") || options.replace(name, args[i + 1]) == null) {
                throw new IllegalArgumentException("unknown option " + args[i]);
            }
        }
    }

    public static void main(String[] args) throws Exception {
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
        if (args.length == 3 && args[0].equals("serve")) {
            PullServer.run(Integer.parseInt(args[1]), Path.of(args[2]));
            return;
        }
        new WireBench(args).run();
    }

    private int number(String option) {
        return Integer.parseInt(String.valueOf(options.get(option)));
    }

    private void run() throws Exception {
        Path folder = Files.createTempDirectory("wire-bench");
        Process server = startServer(folder);
        try (BufferedReader said = server.inputReader(StandardCharsets.UTF_8)) {
            int port = Integer.parseInt(next(said));
            Map<String, Puller> pullers = new LinkedHashMap<>();
            pullers.put(BASE, Puller.messages(port));
            pullers.put("protobuf_varint", Puller.varints(port));
            List<Endpoint> endpoints = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                endpoints.add(Endpoint.parse(next(said)));
            }
            String[] names = {"grpc_flat", "tcp", "unix", "shm"};
            for (int i = 0; i < names.length; i++) {
                pullers.put(names[i], Puller.flat(FlatClients.connect(endpoints.get(i))));
            }
            List<String> only =
                    Arrays.asList(String.valueOf(options.get("only")).split(","));
            pullers.keySet().removeIf(name -> !only.contains("") && !only.contains(name));
            try (FlatClient control = FlatClients.connect(endpoints.get(2))) {
                measure(pullers, control);
            } finally {
                pullers.values().forEach(Puller::close);
            }
        } finally {
            server.destroy();
            server.waitFor();
        }
    }

    private static String next(BufferedReader said) throws IOException {
        String line = said.readLine();
        while (line != null && !line.startsWith(PullServer.SAYS)) {
            line = said.readLine();
        }
        if (line == null) {
            throw new IOException("the server has ended");
        }
        return line.substring(PullServer.SAYS.length());
    }

    private Process startServer(Path folder) throws IOException {
        ProcessHandle.Info self = ProcessHandle.current().info();
        List<String> command = new ArrayList<>();
        command.add(self.command().orElse("java"));
        // The same machine's options as this process.
        command.addAll(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), WireBench.class.getName()));
        command.addAll(List.of("serve", String.valueOf(options.get("rows")), folder.toString()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private void measure(Map<String, Puller> pullers, FlatClient control) throws Exception {
        Map<String, List<Turn>> turns = new LinkedHashMap<>();
        for (Map.Entry<String, Puller> each : pullers.entrySet()) {
            turns.put(each.getKey(), new ArrayList<>());
            warmUp(each.getKey(), each.getValue(), control);
        }
        for (int round = 0; round < number("rounds"); round++) {
            for (Map.Entry<String, Puller> each : pullers.entrySet()) {
                Turn turn = turn(each.getValue(), number("seconds"), control);
                System.err.println("round " + round + " " + each.getKey() + " " + turn);
                turns.computeIfAbsent(each.getKey(), name -> new ArrayList<>()).add(turn);
            }
        }
        double idle = idleCpu(control);
        String report = String.valueOf(options.get("report"));
        try (Figures figures =
                new Figures(report.isEmpty() ? Files.createTempFile("wire", ".json") : Path.of(report))) {
            figures.add("wire.idle.server_cpu", idle, "CPU seconds a second, all connections open");
            turns.forEach((name, measured) -> add(figures, name, measured, turns.get(BASE)));
        }
    }

    /** By pulls more than by time, since what is compiled late on a busy machine would be measured as slow. */
    private void warmUp(String name, Puller puller, FlatClient control) throws Exception {
        double pulls = 0;
        for (int turn = 0; turn < MAX_WARM_UPS && (turn == 0 || pulls < WARM_PULLS); turn++) {
            Turn done = turn(puller, number("warmup"), control);
            System.err.println("warm-up " + name + " " + done);
            pulls += done.perSecond() * number("warmup");
        }
    }

    private static void add(Figures figures, String name, List<Turn> turns, @Nullable List<Turn> base) {
        String prefix = "wire.pull." + name + ".";
        figures.add(prefix + "rate", median(turns.stream().map(Turn::perSecond).toList()), "requests/s");
        figures.add(
                prefix + "client_cpu",
                median(turns.stream().map(Turn::clientCpuUs).toList()),
                "us/request");
        figures.add(
                prefix + "server_cpu",
                median(turns.stream().map(Turn::serverCpuUs).toList()),
                "us/request");
        if (base == null) {
            return;
        }
        List<Double> wall = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        for (int i = 0; i < turns.size(); i++) {
            wall.add(turns.get(i).perSecond() / base.get(i).perSecond());
            cpu.add((base.get(i).clientCpuUs() + base.get(i).serverCpuUs())
                    / (turns.get(i).clientCpuUs() + turns.get(i).serverCpuUs()));
        }
        figures.add(prefix + "ratio", median(wall), "x protobuf over gRPC, by rate");
        figures.add(prefix + "cpu_ratio", median(cpu), "x protobuf over gRPC, by CPU a request");
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private Turn turn(Puller puller, int seconds, FlatClient control) throws Exception {
        int inFlight = number("in-flight");
        LongAdder pulls = new LongAdder();
        CountDownLatch over = new CountDownLatch(inFlight);
        AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
        List<Lane> lanes = new ArrayList<>();
        for (int i = 0; i < inFlight; i++) {
            lanes.add(new Lane(puller, PullTable.keys(number("rows"), i), pulls, over, failed));
        }
        long serverNs = serverCpuNs(control);
        long clientNs = PullServer.cpuNs();
        long startNs = System.nanoTime();
        lanes.forEach(lane -> puller.pull(lane.keys, lane.weights, lane));
        TimeUnit.SECONDS.sleep(seconds);
        lanes.forEach(lane -> lane.stop = true);
        if (!over.await(20, TimeUnit.SECONDS)) {
            throw new IllegalStateException("pulls hang", failed.get());
        }
        double tookS = (System.nanoTime() - startNs) / 1e9;
        double n = pulls.sum() + inFlight;
        double client = (PullServer.cpuNs() - clientNs) / 1e3 / n;
        double server = (serverCpuNs(control) - serverNs) / 1e3 / n;
        if (failed.get() != null) {
            throw new IllegalStateException(failed.get());
        }
        lanes.forEach(Lane::check);
        return new Turn(n / tookS, client, server);
    }

    private static long serverCpuNs(FlatClient control) {
        try (FlatReply reply = control.ask(PullServer.CPU, 0, BodyWriter.NOTHING)) {
            return reply.body().getLong();
        }
    }

    private static double idleCpu(FlatClient control) throws InterruptedException {
        long before = serverCpuNs(control);
        TimeUnit.SECONDS.sleep(2);
        return (serverCpuNs(control) - before) / 2e9;
    }
}
