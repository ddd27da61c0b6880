package dev.millrace.ps.bench;

import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.MemoryNodes;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.RowCut;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * FTRL updates a second on exact tables, one shard a thread, beside the C program on the same layout, buckets and keys
 * ({@code src/jmh/c}), in turns within one run. A rate is updates over the threads' own processor time, added up.
 *
 * <pre>TableBench ROWS zipf|uniform C_PROGRAM_OR_- --report FILE</pre>
 */
public final class TableBench {
    static final int SHARDS = 2;
    static final int BATCH = 1 << 16;

    private static final int BATCHES = 64;
    /** Smaller tables double, and their memory does not matter. */
    private static final long FROM_ROWS = 4_000_000;

    private static final int WINDOWS = 9;
    private static final double WINDOW_S = 1;
    private static final double EXPONENT = 1.05;
    private static final long SEED = 42;
    /** As in the C program. */
    private static final Ftrl FTRL = new Ftrl(0.1, 1, 0.01, 0.01);

    private final long rows;
    private final String distribution;
    private final float[] gradients = new float[BATCH];

    private TableBench(long rows, String distribution) {
        this.rows = rows;
        this.distribution = distribution;
        for (int i = 0; i < BATCH; i++) {
            gradients[i] = (i % 200 - 100) / 128f;
        }
    }

    public static void main(String[] args) throws Exception {
        TableBench bench = new TableBench(Long.parseLong(args[0]), args[1]);
        try (Figures figures = new Figures(Path.of(args[4]))) {
            bench.run(args[2], figures);
        }
    }

    private void run(String program, Figures figures) throws Exception {
        System.err.println("seed " + SEED);
        long[][] keys = keys();
        List<Shard> shards = new ArrayList<>();
        for (int number = 0; number < SHARDS; number++) {
            shards.add(new Shard(number, keys[number]));
        }
        inParallel(shards, Shard::fill);
        String millions = (rows / 1_000_000) + "M";
        String name = "table.ftrl." + millions + "." + distribution + ".";
        figures.add(
                name + "bytes_over_row",
                shards.stream().mapToDouble(s -> s.mostBytesARow).max().orElseThrow() / RowLayout.FTRL.stride(),
                "ratio");
        if (distribution.equals("zipf")) {
            double most = mostBytesARow(RowLayout.SERVING_COMPACT, rows);
            figures.add(
                    "table.serving_compact." + millions + ".bytes_over_row",
                    most / RowLayout.SERVING_COMPACT.stride(),
                    "ratio");
        }
        if (distribution.equals("zipf")) {
            merging(shards, name, figures);
        }
        pauses(shards, name, figures);
        List<Double> java = new ArrayList<>();
        List<Double> limit = new ArrayList<>();
        List<Double> ratios = new ArrayList<>();
        try (Peer peer = program.equals("-") ? null : new Peer(program, rows, shards)) {
            for (int window = -2; window < WINDOWS; window++) {
                double rate = window(shards);
                double peers = peer == null ? Double.NaN : peer.window();
                System.err.printf("window %d: Java %.1f M/s, C %.1f M/s%n", window, rate / 1e6, peers / 1e6);
                if (window >= 0) {
                    java.add(rate);
                    limit.add(peers);
                    ratios.add(rate / peers);
                }
            }
        }
        figures.add(name + "rate", median(java) / 1e6, "M updates/s");
        figures.add(name + "rate_c", median(limit) / 1e6, "M updates/s");
        figures.add(name + "over_c", median(ratios), "ratio");
        if (distribution.equals("zipf")) {
            tracked(shards, name, figures);
        }
        System.err.println("slices " + shards.stream().mapToLong(s -> s.sliced).sum() + ", refused "
                + shards.stream().mapToLong(s -> s.batch.refused()).sum());
    }

    /** The most that a growing table takes for a row, from a million rows on. */
    private static double mostBytesARow(RowLayout layout, long rows) {
        OffHeapTable table = new OffHeapTable(layout, rows);
        double most = 0;
        for (long rank = 1; rank <= rows; rank++) {
            table.findOrInsert(key(rank));
            if (rank % BATCH == 0 && rank > FROM_ROWS) {
                most = Math.max(most, table.bytes() / (double) table.size());
            }
        }
        return most;
    }

    /** The longest insertion within each growth: its own time, and with whatever else held the thread up. */
    private static void pauses(List<Shard> shards, String name, Figures figures) {
        double[] pauses = sorted(shards, shard -> shard.longestMs);
        double[] wall = sorted(shards, shard -> shard.longestWallMs);
        int last = (int) (pauses.length * 0.99);
        figures.add(name + "growths", pauses.length, "growths");
        figures.add(name + "growth_pause_median", pauses[pauses.length / 2], "ms");
        figures.add(name + "growth_pause_p99", pauses[last], "ms");
        figures.add(name + "growth_pause_wall_median", wall[wall.length / 2], "ms");
        figures.add(name + "growth_pause_wall_p99", wall[last], "ms");
    }

    private static double[] sorted(List<Shard> shards, Function<Shard, List<Double>> pauses) {
        return shards.stream()
                .flatMap(shard -> pauses.apply(shard).stream())
                .mapToDouble(Double::doubleValue)
                .sorted()
                .toArray();
    }

    /** The same batches, their keys merged before: gradients summed by key, in an open-addressing array of the batch. */
    private void merging(List<Shard> shards, String name, Figures figures) throws InterruptedException {
        List<Double> ratios = new ArrayList<>();
        for (int window = -1; window < 3; window++) {
            double single = window(shards);
            shards.forEach(s -> s.merging = true);
            double merged = window(shards);
            shards.forEach(s -> s.merging = false);
            if (window >= 0) {
                ratios.add(merged / single);
            }
        }
        figures.add(name + "merged_over_single", median(ratios), "ratio");
    }

    /** The same while changes are tracked for incremental snapshots. */
    private void tracked(List<Shard> shards, String name, Figures figures) throws InterruptedException {
        List<Double> ratios = new ArrayList<>();
        double before = window(shards);
        for (Shard shard : shards) {
            try (RowCut cut = shard.table.cut(false, (table, row) -> {})) {
                while (!cut.advance(1 << 16)) {
                    shard.sliced++;
                }
            }
        }
        for (int window = 0; window < 3; window++) {
            ratios.add(window(shards) / before);
        }
        figures.add(name + "tracked_over_untracked", median(ratios), "ratio");
    }

    private double window(List<Shard> shards) throws InterruptedException {
        inParallel(shards, Shard::window);
        return shards.stream().mapToDouble(s -> s.rate).sum();
    }

    static double median(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private interface Work {
        void on(Shard shard);
    }

    private static void inParallel(List<Shard> shards, Work work) throws InterruptedException {
        List<Thread> threads = shards.stream()
                .map(shard -> Thread.ofPlatform().start(() -> work.on(shard)))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** Batches of each shard, one after the other. */
    private long[][] keys() {
        Random random = new Random(SEED);
        Zipf zipf = new Zipf(rows, EXPONENT);
        long[][] keys = new long[SHARDS][BATCHES * BATCH];
        int[] filled = new int[SHARDS];
        while (Arrays.stream(filled).min().orElseThrow() < BATCHES * BATCH) {
            long rank = distribution.equals("zipf") ? zipf.rank(random) : 1 + random.nextLong(rows);
            long key = key(rank);
            int shard = KeyHash.shardOf(key, SHARDS);
            if (filled[shard] < keys[shard].length) {
                keys[shard][filled[shard]++] = key;
            }
        }
        return keys;
    }

    /** splitmix64. */
    static long key(long rank) {
        long x = rank * 0x9E3779B97F4A7C15L;
        x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
        x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
        return x ^ (x >>> 31);
    }

    /** One thread's table and batches. */
    final class Shard {
        /** Shorter ones are no pause, and need not be compared. */
        private static final long LONG_NS = 10_000;
        /** Insertions between two looks at the thread's own time, which cost more than they do. */
        private static final int CPU_EVERY = 64;

        private final int number;
        private final long[] keys;
        private final long[][] batches = new long[BATCHES][];
        private final OffHeapTable table;
        private final FtrlBatch batch;
        private final Merge merge = new Merge();
        private final List<Double> longestMs = new ArrayList<>();
        private final List<Double> longestWallMs = new ArrayList<>();
        private boolean merging;
        private double mostBytesARow;
        private long sliced;
        private double rate;

        Shard(int number, long[] keys) {
            this.number = number;
            this.keys = keys;
            Arrays.setAll(batches, b -> Arrays.copyOfRange(keys, b * BATCH, (b + 1) * BATCH));
            table = new OffHeapTable(RowLayout.FTRL, rows, MemoryNodes.of(number));
            batch = new FtrlBatch(table, FTRL);
        }

        void fill() {
            var threads = ManagementFactory.getThreadMXBean();
            long bytes = 0;
            long insertions = 0;
            long cpuNs = 0;
            for (long rank = 1; rank <= rows; rank++) {
                long key = key(rank);
                if (KeyHash.shardOf(key, SHARDS) == number) {
                    if (insertions++ % CPU_EVERY == 0) {
                        cpuNs = threads.getCurrentThreadCpuTime();
                    }
                    long from = System.nanoTime();
                    table.findOrInsert(key);
                    long ns = System.nanoTime() - from;
                    if (table.bytes() != bytes) {
                        bytes = table.bytes();
                        longestMs.add(0.0);
                        longestWallMs.add(0.0);
                    }
                    if (ns > LONG_NS) {
                        // At most what the thread has run since the last look, a few insertions ago.
                        long ownNs = Math.min(ns, threads.getCurrentThreadCpuTime() - cpuNs);
                        longest(longestMs, ownNs);
                        longest(longestWallMs, ns);
                    }
                    if (table.size() % BATCH == 0 && table.size() > FROM_ROWS) {
                        mostBytesARow = Math.max(mostBytesARow, table.bytes() / (double) table.size());
                    }
                }
            }
        }

        private static void longest(List<Double> ofGrowths, long ns) {
            int last = ofGrowths.size() - 1;
            ofGrowths.set(last, Math.max(ofGrowths.get(last), ns / 1e6));
        }

        void window() {
            var threads = ManagementFactory.getThreadMXBean();
            long end = System.nanoTime() + (long) (WINDOW_S * 1e9);
            long from = threads.getCurrentThreadCpuTime();
            long done = 0;
            int at = 0;
            do {
                if (merging) {
                    int distinct = merge.merge(batches[at], gradients);
                    batch.update(merge.keys, merge.sums, distinct);
                } else {
                    batch.update(batches[at], gradients, BATCH);
                }
                done += BATCH;
                at = (at + 1) % BATCHES;
            } while (System.nanoTime() < end);
            rate = done / ((threads.getCurrentThreadCpuTime() - from) / 1e9);
        }

        long buckets() {
            return table.bytes() / 64;
        }
    }

    /** Sums gradients by key. One thread. */
    private static final class Merge {
        private static final int PLACES = 4 * BATCH;

        private final long[] keys = new long[BATCH];
        private final float[] sums = new float[BATCH];
        private final int[] places = new int[PLACES];

        int merge(long[] batch, float[] gradients) {
            Arrays.fill(places, 0);
            int distinct = 0;
            for (int i = 0; i < batch.length; i++) {
                int place = (int) (KeyHash.place(batch[i]) & (PLACES - 1));
                while (places[place] != 0 && keys[places[place] - 1] != batch[i]) {
                    place = (place + 1) & (PLACES - 1);
                }
                if (places[place] == 0) {
                    keys[distinct] = batch[i];
                    sums[distinct] = 0;
                    places[place] = ++distinct;
                }
                sums[places[place] - 1] += gradients[i];
            }
            return distinct;
        }
    }

    /** The C program as a process. */
    private static final class Peer implements AutoCloseable {
        private final Process process;
        private final List<Path> files = new ArrayList<>();

        Peer(String program, long rows, List<Shard> shards) throws IOException {
            List<String> command = new ArrayList<>(List.of(program, "" + shards.size(), "" + rows, "" + BATCH));
            for (Shard shard : shards) {
                Path file = Files.createTempFile("table-bench", ".keys");
                files.add(file);
                write(file, shard.keys);
                command.add("" + shard.buckets());
                command.add(file.toString());
            }
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            if (!answer().equals("ready")) {
                throw new IOException(program + " did not start");
            }
        }

        private static void write(Path file, long[] keys) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(keys.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asLongBuffer().put(keys);
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
        }

        private String answer() throws IOException {
            String line = process.inputReader().readLine();
            if (line == null) {
                throw new IOException("the C program ended");
            }
            return line;
        }

        double window() throws IOException {
            process.outputWriter().write("run " + WINDOW_S + "\n");
            process.outputWriter().flush();
            String[] numbers = answer().trim().split(" ");
            double rate = 0;
            for (int i = 0; i < numbers.length; i += 2) {
                rate += Double.parseDouble(numbers[i]) / Double.parseDouble(numbers[i + 1]);
            }
            return rate;
        }

        @Override
        public void close() throws IOException {
            process.destroy();
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        }
    }
}
