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
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Pulls of 1,000 rows (8-byte keys, 4-byte weights, looked up in a serving table that fits the cache) between two
 * processes, 16 in flight on 2 connections, made anew by callbacks: plain protobuf messages ({@code repeated fixed64 keys},
 * {@code repeated float values}) over gRPC-Java with its default settings and asynchronous stub, the same with varint
 * keys, and the flat calls over each transport. All of them again without the table, which is the way alone: the lookups
 * bound the faster ones. They take turns in one run; a ratio is the median of the rounds' ratios to the plain messages,
 * by wall clock and, for a busy machine, by the processor time of both processes.
 *
 * <pre>
 * WireBench [--rows 4096] [--rounds 7] [--seconds 1] [--warmup 3] [--in-flight 16] [--connections 2]
 *           [--only grpc-protobuf,shm,…] [--report FILE]
 * </pre>
 */
public final class WireBench {
    private static final String BASE = "grpc-protobuf";
    private static final List<String> FLAT = List.of("grpc-flat", "tcp", "unix", "shm");

    /** Of the names of pulls that are answered without a table. */
    private static final String NO_TABLE = "-no-table";

    private static final double WARM_PULLS = 60_000;
    private static final int MAX_WARM_UPS = 10;

    private final Map<String, String> options = new LinkedHashMap<>(Map.of(
            "rows",
            "4096",
            "rounds",
            "7",
            "seconds",
            "1",
            "warmup",
            "3",
            "in-flight",
            "16",
            "connections",
            "2",
            "only",
            "",
            "report",
            ""));

    private record Turn(double perSecond, double clientCpuUs, double serverCpuUs) {
        double cpuUs() {
            return clientCpuUs + serverCpuUs;
        }
    }

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
            int portNoTable = Integer.parseInt(next(said));
            List<Endpoint> endpoints = new ArrayList<>();
            for (int i = 0; i < FLAT.size(); i++) {
                endpoints.add(Endpoint.parse(next(said)));
            }
            Map<String, List<Puller>> pullers = new LinkedHashMap<>();
            add(pullers, "", port, PullServer.PULL, endpoints);
            add(pullers, NO_TABLE, portNoTable, PullServer.PULL_NO_TABLE, endpoints);
            List<String> only =
                    Arrays.asList(String.valueOf(options.get("only")).split(","));
            pullers.keySet().removeIf(name -> !only.contains("") && !only.contains(name));
            try (FlatClient control = FlatClients.connect(endpoints.get(2))) {
                measure(pullers, control);
            } finally {
                pullers.values().forEach(each -> each.forEach(Puller::close));
            }
        } finally {
            server.destroy();
            server.waitFor();
        }
    }

    private void add(Map<String, List<Puller>> to, String suffix, int port, int op, List<Endpoint> endpoints) {
        to.put(BASE + suffix, several(() -> Puller.messages(port)));
        to.put("grpc-varint" + suffix, several(() -> Puller.varints(port)));
        for (int i = 0; i < FLAT.size(); i++) {
            Endpoint endpoint = endpoints.get(i);
            to.put(FLAT.get(i) + suffix, several(() -> Puller.flat(FlatClients.connect(endpoint), op)));
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

    /** As many connections as asked for, on which the calls in flight are spread. */
    private List<Puller> several(Supplier<Puller> connect) {
        return Stream.generate(connect).limit(number("connections")).toList();
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

    private void measure(Map<String, List<Puller>> pullers, FlatClient control) throws Exception {
        Map<String, List<Turn>> turns = new LinkedHashMap<>();
        for (Map.Entry<String, List<Puller>> each : pullers.entrySet()) {
            turns.put(each.getKey(), new ArrayList<>());
            warmUp(each.getKey(), each.getValue(), control);
        }
        for (int round = 0; round < number("rounds"); round++) {
            for (Map.Entry<String, List<Puller>> each : pullers.entrySet()) {
                Turn turn = turn(each.getValue(), number("seconds"), control);
                System.err.println("round " + round + " " + each.getKey() + " " + turn);
                turns.computeIfAbsent(each.getKey(), name -> new ArrayList<>()).add(turn);
            }
        }
        double idle = idleCpu(control);
        String report = String.valueOf(options.get("report"));
        try (Figures figures =
                new Figures(report.isEmpty() ? Files.createTempFile("wire", ".json") : Path.of(report))) {
            figures.add("idle-server-cpu", idle, "CPU s/s");
            turns.forEach((name, measured) -> add(figures, name, measured, turns));
        }
    }

    /** By pulls more than by time, since what is compiled late on a busy machine would be measured as slow. */
    private void warmUp(String name, List<Puller> pullers, FlatClient control) throws Exception {
        double pulls = 0;
        for (int turn = 0; turn < MAX_WARM_UPS && (turn == 0 || pulls < WARM_PULLS); turn++) {
            Turn done = turn(pullers, number("warmup"), control);
            System.err.println("warm-up " + name + " " + done);
            pulls += done.perSecond() * number("warmup");
        }
    }

    private static void add(Figures figures, String name, List<Turn> turns, Map<String, List<Turn>> all) {
        String prefix = name + "-pull";
        figures.add(prefix, median(turns.stream().map(Turn::perSecond).toList()), "requests/s");
        figures.add(
                prefix + "-client-cpu",
                median(turns.stream().map(Turn::clientCpuUs).toList()),
                "us/request");
        figures.add(
                prefix + "-server-cpu",
                median(turns.stream().map(Turn::serverCpuUs).toList()),
                "us/request");
        String baseName = name.endsWith(NO_TABLE) ? BASE + NO_TABLE : BASE;
        List<Turn> base = all.get(baseName);
        if (base == null || name.equals(baseName)) {
            return;
        }
        List<Double> wall = new ArrayList<>();
        List<Double> cpu = new ArrayList<>();
        for (int i = 0; i < turns.size(); i++) {
            wall.add(turns.get(i).perSecond() / base.get(i).perSecond());
            cpu.add(base.get(i).cpuUs() / turns.get(i).cpuUs());
        }
        figures.add(name + "-over-" + baseName, median(wall), "ratio");
        figures.add(name + "-over-" + baseName + "-cpu", median(cpu), "ratio");
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private Turn turn(List<Puller> pullers, int seconds, FlatClient control) throws Exception {
        int inFlight = number("in-flight");
        LongAdder pulls = new LongAdder();
        CountDownLatch over = new CountDownLatch(inFlight);
        AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
        List<Lane> lanes = new ArrayList<>();
        for (int i = 0; i < inFlight; i++) {
            lanes.add(
                    new Lane(pullers.get(i % pullers.size()), PullTable.keys(number("rows"), i), pulls, over, failed));
        }
        long serverNs = serverCpuNs(control);
        long clientNs = PullServer.cpuNs();
        long startNs = System.nanoTime();
        lanes.forEach(lane -> lane.puller.pull(lane.keys, lane.weights, lane));
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
