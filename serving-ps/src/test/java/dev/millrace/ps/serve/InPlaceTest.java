package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot takes the place of what serves, in the table that serves. */
class InPlaceTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id}}}");
    private static final ServingKeys KEYS = new ServingKeys(SPEC);
    /** Keys 0 .. OLD − 1 serve before; after, each tenth of them is gone, and those up to ALL are new. */
    private static final int OLD = 40_000;

    private static final int ALL = 42_000;
    private static final float BEFORE = 7;
    private static final long PART_BYTES = 64 << 10;
    private static final long SEQUENCE = 5;

    @TempDir
    Path dir;

    private final VersionedWeights weights = new VersionedWeights(new LinearModel(SPEC));
    private final long[] keys =
            IntStream.range(0, ALL).mapToLong(InPlaceTest::key).toArray();
    private final float[] after = new float[ALL];
    private RowStore store;
    private MemoryRows rows;

    private static long key(int i) {
        return FeatureIds.pack(i % 7, (i + 1) * 77_777L);
    }

    private static boolean isAfter(int i) {
        return i >= OLD || i % 10 != 0;
    }

    @BeforeEach
    void serveOldRows() {
        store = RowStore.open(dir.resolve("rows"));
        rows = new MemoryRows(weights, store, KEYS, Duration.ZERO, Clock.systemUTC());
        float[] old = new float[OLD];
        Arrays.fill(old, BEFORE);
        var header = new Delta.Header(0, 1, SPEC.fingerprint(), 0, 0, new TreeMap<>(Map.of(0, range(1))), 1, 7, 0);
        Delta delta = new Delta(header, Arrays.copyOf(keys, OLD), old);
        rows.apply(delta, ServedVersion.before(1).after(header, 0));
        rows.persist(new RowStore.State(rows.version(), SPEC.fingerprint(), new long[] {1}));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static Delta.Range range(long to) {
        return new Delta.Range(to - 1, to);
    }

    private static RowStore.State state(ServedVersion version) {
        return new RowStore.State(version, SPEC.fingerprint(), new long[] {9});
    }

    private ServingSnapshots.Serving snapshot() throws IOException {
        ParameterTable training = new OffHeapTable(RowLayout.TRAINING, ALL);
        for (int i = 0; i < ALL; i++) {
            if (isAfter(i)) {
                training.setFloat(training.findOrInsert(keys[i]), RowLayout.Z, i + 1);
            }
        }
        var header = new Snapshot.Header(
                0,
                SEQUENCE,
                8,
                SPEC.fingerprint(),
                new TreeMap<>(),
                new TreeMap<>(Map.of(0, 8L)),
                8,
                0,
                training.layout(),
                training.size());
        Path folder = dir.resolve("snapshots");
        try (Snapshot whole = new Snapshot(header, SnapshotTables.copyRows(training), Extras.NONE)) {
            new SnapshotFolder(folder, 2).write(whole);
        }
        var serving = new ServingSnapshots(SPEC, SnapshotPlace.folder(folder), PART_BYTES)
                .newerThan(0, 1, 0)
                .orElseThrow();
        Long2IntOpenHashMap places =
                new Long2IntOpenHashMap(keys, IntStream.range(0, ALL).toArray());
        List<Long> served = new ArrayList<>();
        serving.forEachRow((key, row) -> {
            served.add(key);
            after[places.get(key)] = row[0];
        });
        assertEquals(training.size(), served.stream().distinct().count());
        assertEquals(training.size(), served.size(), "each row once, over all parts");
        return serving;
    }

    private float[] read() {
        float[] read = new float[ALL];
        weights.read(keys, ALL, read);
        return read;
    }

    private float before(int i) {
        return i < OLD ? BEFORE : 0;
    }

    @Test
    void partByPartRowsAreThoseBeforeOrThoseAfter() throws IOException {
        ParameterTable table = weights.table();
        long bytes = table.bytes();
        ServedVersion first = weights.version();
        ServedVersion next;
        int[] parts = {0};
        try (ServingSnapshots.Serving snapshot = snapshot()) {
            next = first.with(0, snapshot.version(), 0, 0);
            InPlace inPlace = new InPlace(weights, KEYS, 0, 1, snapshot.size());
            snapshot.forEachPart(part -> {
                float[] was = read();
                inPlace.take(part);
                float[] is = read();
                for (int i = 0; i < ALL; i++) {
                    assertEquals(part.takes(keys[i]) ? after[i] : was[i], is[i], "key " + i);
                }
                assertEquals(first.sequence(), weights.version().sequence(), "the version before until all are after");
                parts[0]++;
            });
            inPlace.finish(next);
        }
        assertTrue(parts[0] >= ALL * Float.BYTES * 4 / PART_BYTES, "bounded memory makes parts: " + parts[0]);
        assertEquals(SEQUENCE, weights.version().sequence());
        assertEquals(
                IntStream.range(0, ALL).filter(InPlaceTest::isAfter).count(),
                weights.version().rows());
        assertSame(table, weights.table());
        assertEquals(bytes, weights.table().bytes(), "no more memory than before");
        for (int i = 0; i < ALL; i++) {
            assertEquals(isAfter(i), table.find(keys[i]) != ParameterTable.MISSING, "key " + i);
        }
    }

    @Test
    void whoReadsMeanwhileSeesWholeRowsAndAfterTheVersionOnlyNewOnes() throws Exception {
        try (ServingSnapshots.Serving snapshot = snapshot();
                ExecutorService readers = Executors.newFixedThreadPool(2)) {
            AtomicBoolean done = new AtomicBoolean();
            List<Future<Long>> reads = List.of(readers.submit(() -> read(done)), readers.submit(() -> read(done)));
            ServedVersion next = weights.version().with(0, snapshot.version(), 0, 0);
            long[] served = {0};
            try {
                rows.replaceShard(
                        0,
                        snapshot,
                        List.of(),
                        state(next),
                        () -> served[0] = weights.version().sequence());
            } finally {
                done.set(true);
            }
            assertEquals(SEQUENCE, served[0]);
            for (Future<Long> read : reads) {
                assertTrue(read.get() > 0);
            }
        }
        assertEquals(SEQUENCE, store.state().orElseThrow().version().sequence());
        int[] onDisk = {0};
        store.forEach((key, row) -> onDisk[0]++);
        assertEquals(weights.version().rows(), onDisk[0]);
    }

    /** Reads some rows of all, again and again; the last time after all were replaced. */
    private long read(AtomicBoolean done) {
        int some = 64;
        long[] wanted = new long[some];
        float[] read = new float[some];
        long reads = 0;
        boolean last = false;
        while (!last) {
            last = done.get();
            for (int i = 0; i < some; i++) {
                wanted[i] = keys[(int) ((reads + i * 641L) % ALL)];
            }
            long sequence = weights.read(wanted, some, read).sequence();
            for (int i = 0; i < some; i++) {
                int key = (int) ((reads + i * 641L) % ALL);
                boolean isNew = read[i] == after[key];
                assertTrue(isNew || (sequence != SEQUENCE && read[i] == before(key)), () -> "key " + key);
            }
            reads++;
        }
        return reads;
    }

    @Test
    void deltasBehindTheSnapshotStandAboveItAndOtherShardsRowsStay() throws IOException {
        int shards = 2;
        var header = new Delta.Header(0, 1, SPEC.fingerprint(), 0, 0, new TreeMap<>(), 1, 7, 0);
        int[] two = IntStream.range(0, OLD)
                .filter(i -> isAfter(i) && KEYS.shardOf(keys[i], shards) == 1)
                .limit(2)
                .toArray();
        Delta behind = new Delta(header, new long[] {keys[two[0]], keys[two[1]]}, new float[] {3, Float.NaN});
        try (ServingSnapshots.Serving snapshot = snapshot()) {
            InPlace inPlace = new InPlace(weights, KEYS, 1, shards, ALL);
            snapshot.forEachPart(part -> {
                part.put(behind);
                inPlace.take(part);
            });
            inPlace.finish(weights.version());
        }
        float[] read = read();
        assertEquals(3, read[two[0]]);
        assertEquals(0, read[two[1]]);
        int stay = 0;
        for (int i = 0; i < OLD; i += 10) {
            boolean mine = KEYS.shardOf(keys[i], shards) == 1;
            assertEquals(mine ? 0 : BEFORE, read[i], "key " + i);
            stay += mine ? 0 : 1;
        }
        assertTrue(stay > OLD / 40, "some rows of the other shard: " + stay);
    }

    @Test
    void whatEndsInTheMiddleIsLoadedAnew() throws IOException {
        ServedVersion before = weights.version();
        try (ServingSnapshots.Serving snapshot = snapshot()) {
            ServedVersion next = before.with(0, snapshot.version(), 0, 0);
            Delta ill = new Delta(
                    new Delta.Header(0, 1, SPEC.fingerprint(), 0, 0, new TreeMap<>(), 1, 7, 0),
                    new long[] {keys[1]},
                    new float[] {3});
            var failing = new ArrayList<Delta>(List.of(ill)) {
                private static final long serialVersionUID = 1;
                private int asked;

                @Override
                public void forEach(java.util.function.Consumer<? super Delta> action) {
                    if (++asked == 3) {
                        throw new IllegalStateException("the disk failed");
                    }
                }
            };
            assertThrows(
                    IllegalStateException.class,
                    () -> rows.replaceShard(0, snapshot, failing, state(next), () -> assertFalse(true, "none serves")));
        }
        assertEquals(before.sequence(), weights.version().sequence());
        assertFalse(rows.restore(state(weights.version())), "two versions' rows are not written");
        RowStore.State stored = Objects.requireNonNull(rows.stored());
        assertEquals(before.sequence(), stored.version().sequence());
        rows.load(stored.version());
        float[] read = read();
        for (int i = 0; i < ALL; i++) {
            assertEquals(before(i), read[i], "key " + i);
        }
        assertTrue(rows.restore(state(stored.version())));
    }

    /** Embeddings of one version with layers of another would score nonsense. */
    @Test
    void aNetworksRowsChangeAllAtOnce() throws IOException {
        ServingKeys network = new ServingKeys(SpecReader.parse(
                "test",
                "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                        + " slots: {u: {type: category, from: user.id}, i: {type: category, from: item.id}},"
                        + " network: {type: deepfm, slots: [u, i], dim: 4, hidden: [8], initial: 0.1}}"));
        MemoryRows ofNetwork = new MemoryRows(weights, store, network, Duration.ZERO, Clock.systemUTC());
        List<float[]> meanwhile = new ArrayList<>();
        try (ServingSnapshots.Serving snapshot = snapshot()) {
            var behind = new ArrayList<Delta>() {
                private static final long serialVersionUID = 1;

                @Override
                public void forEach(java.util.function.Consumer<? super Delta> action) {
                    meanwhile.add(read());
                }
            };
            ServedVersion next = weights.version().with(0, snapshot.version(), 0, 0);
            ofNetwork.replaceShard(0, snapshot, behind, state(next), () -> {});
        }
        assertEquals(1, meanwhile.size(), "asked when all of the snapshot's rows had been read");
        float[] read = read();
        for (int i = 0; i < ALL; i++) {
            assertEquals(before(i), meanwhile.getFirst()[i], "key " + i);
            assertEquals(after[i], read[i], "key " + i);
        }
        assertFalse(ofNetwork.isMixed());
        assertEquals(SEQUENCE, weights.version().sequence());
    }
}
