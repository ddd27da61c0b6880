package dev.millrace.ps.bench;

import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Published;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.snapshot.SnapshotWriter;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots of a large table: write and restore against {@code dd} and fsync of the same bytes in the same folder, in
 * turn; the owner's pauses while it goes on learning; an increment of 1 %.
 *
 * <pre>
 *  mvn -q -Pjmh -pl serving-ps -am -DskipTests test-compile
 *  java @deploy/jvm.flags -Xmx1g -cp … dev.millrace.ps.bench.SnapshotBench --rows 10000000 --folder DIR --report FILE
 * </pre>
 */
public final class SnapshotBench {
    private static final int BATCH = 65_536;
    private static final Duration SLICE = Duration.ofMillis(10);

    private final long rows;
    private final int rounds;
    private final Path folder;
    private final @Nullable Path report;
    private final List<String> lines = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(42);
    private final long[] keys = new long[ParameterTable.CHUNK];
    private final long[] found = new long[ParameterTable.CHUNK];
    private final ParameterTable table;
    private final SnapshotFolder store;
    private long sequence;

    private SnapshotBench(long rows, int rounds, Path folder, @Nullable Path report) {
        this.rows = rows;
        this.rounds = rounds;
        this.folder = folder;
        this.report = report;
        this.table = new OffHeapTable(RowLayout.TRAINING, rows + rows / 4);
        this.store = new SnapshotFolder(folder.resolve("snapshots"), 1);
    }

    /** {@code [--rows N] [--rounds N] [--folder DIR] [--report FILE]} */
    public static void main(String[] args) throws IOException, InterruptedException {
        var options = new TreeMap<String, String>();
        for (int i = 0; i + 1 < args.length; i += 2) {
            options.put(args[i], args[i + 1]);
        }
        String report = options.get("--report");
        Path folder = Files.createTempDirectory(
                Files.createDirectories(Path.of(options.getOrDefault("--folder", ""))), "snapshot-bench");
        try {
            new SnapshotBench(
                            Long.parseLong(options.getOrDefault("--rows", "10000000")),
                            Integer.parseInt(options.getOrDefault("--rounds", "5")),
                            folder,
                            report == null ? null : Path.of(report))
                    .run();
        } finally {
            delete(folder);
        }
    }

    private void run() throws IOException, InterruptedException {
        table.reserve(rows);
        for (long i = 1; i <= rows; i++) {
            long row = table.findOrInsert(key(i));
            table.setFloat(row, RowLayout.Z, i);
            table.setLong(row, RowLayout.ID_SUM, i * 31);
        }
        try (SnapshotWriter writer =
                new SnapshotWriter(store, new SnapshotWriter.Config(0, 0, 2 << 20, 32), "snapshots")) {
            atRest(writer);
            whileLearning(writer);
        }
        try (SnapshotWriter writer = new SnapshotWriter(store, SnapshotWriter.Config.defaults(), "snapshots")) {
            increment(writer);
        }
        if (report != null) {
            Files.write(report, lines);
        }
    }

    private static long key(long i) {
        return KeyHash.mix(i) | 1;
    }

    /** dd, snapshot and restore, one after the other, several times. */
    private void atRest(SnapshotWriter writer) throws IOException, InterruptedException {
        long bytes = snapshot(writer).fullBytes();
        dd();
        restore();
        List<Double> dd = new ArrayList<>();
        List<Double> write = new ArrayList<>();
        List<Double> restore = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            dd.add(seconds(this::dd));
            write.add(seconds(() -> snapshot(writer)));
            // Frees the table before: a process that starts has none.
            System.gc();
            restore.add(seconds(this::restore));
        }
        print("snapshot-10M-bytes", bytes, "B");
        print("snapshot-10M-dd", median(dd), "s");
        print("snapshot-10M", median(write), "s");
        print("restore-10M", median(restore), "s");
        print("snapshot-10M-over-dd", median(write) / median(dd), "ratio");
        print("restore-10M-over-dd", median(restore) / median(dd), "ratio");
    }

    private void dd() throws IOException, InterruptedException {
        Path copy = folder.resolve("copy");
        Process process = new ProcessBuilder("dd", "if=" + data(), "of=" + copy, "bs=1M", "conv=fsync")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("dd failed with " + process.exitValue());
        }
        Files.delete(copy);
    }

    private Path data() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("snapshots"))) {
            return files.filter(file -> file.toString().endsWith(".mrd"))
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
        }
    }

    private void begin(SnapshotWriter writer) {
        var header = new Snapshot.Header(
                0, ++sequence, -1, 1, new TreeMap<>(), new TreeMap<>(), 0, 0, table.layout(), table.size());
        writer.begin(header, CompletableFuture.completedFuture(0L), Extras.NONE, table);
    }

    private Published snapshot(SnapshotWriter writer) throws InterruptedException {
        begin(writer);
        return Objects.requireNonNull(writer.complete());
    }

    private void restore() throws IOException {
        try (Snapshot snapshot = store.newest().orElseThrow()) {
            ParameterTable restored = SnapshotTables.restore(snapshot, rows + rows / 4);
            if (restored.size() != table.size()) {
                throw new IllegalStateException("restored " + restored.size() + " rows");
            }
        }
    }

    /** Batches of updates without and with a snapshot under way. */
    private void whileLearning(SnapshotWriter writer) throws InterruptedException {
        List<Double> alone = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            alone.add(seconds(this::batch));
        }
        List<Double> within = new ArrayList<>();
        List<Double> pauses = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            pauses.add(seconds(() -> begin(writer)));
            while (!writer.idle()) {
                pauses.add(seconds(() -> writer.advance(SLICE.toNanos())));
                within.add(seconds(this::batch));
            }
        }
        print("snapshot-10M-longest-pause", 1e3 * longest(pauses), "ms");
        print("snapshot-10M-batch-alone", 1e3 * median(alone), "ms");
        print("snapshot-10M-batch-meanwhile", 1e3 * median(within), "ms");
        print("snapshot-10M-longest-batch-alone", 1e3 * longest(alone), "ms");
        print("snapshot-10M-longest-batch-meanwhile", 1e3 * longest(within), "ms");
    }

    private void batch() {
        for (int done = 0; done < BATCH; done += keys.length) {
            for (int i = 0; i < keys.length; i++) {
                keys[i] = key(1 + random.nextLong(rows));
            }
            table.findOrInsertAll(keys, 0, keys.length, found);
            for (long row : found) {
                table.setFloat(row, RowLayout.Z, table.getFloat(row, RowLayout.Z) + 1);
            }
        }
    }

    private void increment(SnapshotWriter writer) throws InterruptedException {
        snapshot(writer);
        List<Double> write = new ArrayList<>();
        Published last = null;
        long bytes = 0;
        for (int round = 0; round < rounds; round++) {
            for (long i = 0; i < rows / 100; i++) {
                long row = table.findOrInsert(key(1 + random.nextLong(rows)));
                table.setFloat(row, RowLayout.Z, i);
            }
            long before = last == null ? 0 : last.incrementBytes();
            Published[] published = new Published[1];
            write.add(seconds(() -> published[0] = snapshot(writer)));
            last = Objects.requireNonNull(published[0]);
            bytes = last.incrementBytes() - before;
        }
        print("increment-1-percent", median(write), "s");
        print("increment-1-percent-bytes", bytes, "B");
    }

    private interface Action {
        void run() throws IOException, InterruptedException;
    }

    private static double seconds(Action action) {
        long begin = System.nanoTime();
        try {
            action.run();
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return (System.nanoTime() - begin) / 1e9;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private static double longest(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
    }

    private void print(String name, double value, String unit) {
        String line = String.format(Locale.ROOT, "{\"name\":\"%s\",\"value\":%.4g,\"unit\":\"%s\"}", name, value, unit);
        lines.add(line);
        System.out.println(line);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
