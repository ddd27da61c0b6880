package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.ingest.spec.WeightFormat;
import dev.millrace.ps.delta.Applied;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.LinearModel;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import dev.millrace.ps.snapshot.SnapshotPlace;
import dev.millrace.ps.snapshot.SnapshotTables;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeltaApplierTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id}}}");
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(5_000), ZoneOffset.UTC);

    @TempDir
    Path dir;

    private RowStore store;
    private VersionedWeights weights;
    private DeltaApplier applier;
    private final List<Long> heard = new ArrayList<>();

    @BeforeEach
    void open() {
        store = RowStore.open(dir.resolve("rows"));
        weights = new VersionedWeights(new LinearModel(SPEC));
        applier = new DeltaApplier(
                SPEC,
                weights,
                store,
                SnapshotPlace.folder(dir.resolve("snapshots")),
                CLOCK,
                v -> heard.add(v.sequence()));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private static Delta delta(long sequence, long key, float weight) {
        return delta(sequence, SPEC.fingerprint(), key, weight);
    }

    private static Delta delta(long sequence, long fingerprint, long key, float weight) {
        var ranges = new TreeMap<>(Map.of(0, new Delta.Range(sequence - 1, sequence)));
        var header = new Delta.Header(0, sequence, fingerprint, 4_000, 3_000, ranges, sequence, 7 * sequence, 0);
        return new Delta(header, new long[] {key}, new float[] {weight});
    }

    /** Of one row. */
    private static ServedVersion version(long sequence) {
        var shard = new ShardVersion(sequence, 0, 3_000, Map.of(0, sequence), sequence, 7 * sequence, 0);
        return new ServedVersion(
                sequence, 4_000, 5_000, 3_000, Map.of(0, sequence), sequence, 7 * sequence, 0, 1, List.of(shard));
    }

    private float weightOf(long key) {
        float[] weight = new float[1];
        weights.read(new long[] {key}, 1, weight);
        return weight[0];
    }

    @Test
    void appliesInSequenceAndDropsWhatIsOld() throws IOException {
        applier.resume(1);
        assertEquals(new Applied.Advanced(1), applier.apply(delta(1, 10, 0.5f), 1));
        assertEquals(new Applied.Advanced(2), applier.apply(delta(2, 10, 0.75f), 2));
        assertEquals(new Applied.Duplicate(1), applier.apply(delta(1, 10, 9f), 1));
        assertEquals(0.75f, weightOf(10), 1e-5);
        assertEquals(List.of(1L, 2L), heard);
        assertEquals(version(2), weights.version());
    }

    @Test
    void gapsAndOtherSpecsChangeNothing() throws IOException {
        applier.resume(1);
        applier.apply(delta(1, 10, 0.5f), 1);
        assertEquals(new Applied.Gap(2, 3), applier.apply(delta(3, 10, 9f), 3));
        assertEquals(new Applied.WrongSpec(SPEC.fingerprint(), 99), applier.apply(delta(2, 99, 10, 9f), 2));
        assertEquals(0.5f, weightOf(10), 1e-5);
    }

    private static Delta owned(int shards, long epoch, long sequence, float weight) {
        var header = new Delta.Header(
                0,
                shards,
                epoch,
                sequence,
                SPEC.fingerprint(),
                4_000,
                3_000,
                new TreeMap<>(Map.of(0, new Delta.Range(0, sequence))),
                0,
                0,
                0,
                WeightFormat.F32,
                null);
        return new Delta(header, new long[] {10}, new float[] {weight});
    }

    @Test
    void anOwnerThatLostItsShardIsFencedOff() throws IOException {
        applier.resume(1);
        applier.apply(owned(1, 3, 1, 1f), 1);
        applier.apply(owned(1, 3, 2, 2f), 2);
        applier.apply(owned(1, 4, 3, 3f), 3);
        assertEquals(new Applied.Fenced(4, 3), applier.apply(owned(1, 3, 4, 9f), 4));
        assertEquals(new Applied.Fenced(4, 3), applier.apply(owned(1, 3, 3, 9f), 5));
        assertEquals(new Applied.Advanced(4), applier.apply(owned(1, 4, 4, 4f), 6));
        assertEquals(4f, weightOf(10));
        applier.persist();
        var again = startedAgain(v -> {});
        again.resume(1);
        assertEquals(new Applied.Fenced(4, 3), again.apply(owned(1, 3, 5, 9f), 7));
    }

    /** The former owner published once more before it noticed: the new one's delta of that sequence is the right one. */
    @Test
    void aNewOwnerGoesOnFromWhereItTookOver() throws IOException {
        applier.resume(1);
        applier.apply(owned(1, 3, 1, 1f), 1);
        applier.apply(owned(1, 3, 2, 9f), 2);
        applier.apply(owned(1, 3, 3, 9f), 3);
        assertEquals(new Applied.Advanced(2), applier.apply(owned(1, 4, 2, 2f), 4));
        assertEquals(2f, weightOf(10));
        assertEquals(2, weights.version().sequence());
        assertEquals(new Applied.Gap(3, 5), applier.apply(owned(1, 4, 5, 5f), 5));
        assertEquals(new Applied.Advanced(3), applier.apply(owned(1, 4, 3, 3f), 6));
    }

    @Test
    void deltasOfOtherShardsAreDropped() throws IOException {
        applier.resume(1);
        assertEquals(new Applied.WrongShard(1, 0, 2), applier.apply(owned(2, 0, 1, 1f), 1));
        assertEquals(0, weights.version().sequence());
    }

    @Test
    void tombstonesRemoveTheRow() throws IOException {
        applier.resume(1);
        applier.apply(delta(1, 10, 0.5f), 1);
        applier.apply(delta(2, 10, Float.NaN), 2);
        assertEquals(0, weights.version().rows());
        assertEquals(0f, weightOf(10), 1e-6);
    }

    @Test
    void rowsComeBackFromDisk() throws IOException {
        applier.resume(1);
        applier.apply(delta(1, 10, 0.5f), 1);
        applier.apply(delta(2, 11, -0.5f), 2);
        applier.apply(delta(3, 10, Float.NaN), 42);
        applier.persist();
        applier.apply(delta(4, 12, 1f), 4);
        ServedVersion persisted = version(3);

        weights = new VersionedWeights(new LinearModel(SPEC));
        var again =
                new DeltaApplier(SPEC, weights, store, SnapshotPlace.folder(dir.resolve("snapshots")), CLOCK, v -> {});
        assertArrayEquals(new long[] {42}, again.resume(1));
        assertEquals(persisted, weights.version());
        assertEquals(-0.5f, weightOf(11), 1e-5);
        assertEquals(0f, weightOf(12), 1e-6);
        assertEquals(new Applied.Advanced(4), again.apply(delta(4, 12, 1f), 4));
    }

    @Test
    void aGapIsMendedFromTheSnapshot() throws IOException {
        applier.resume(1);
        applier.apply(delta(1, 10, 0.5f), 1);
        applier.persist();
        assertEquals(-1, applier.mend(0));
        writeSnapshot(5, 20);
        assertEquals(9, applier.mend(0));
        assertEquals(5, weights.version().sequence());
        assertEquals(Map.of(0, 30L), weights.version().sampleOffsets());
        assertEquals(123, weights.version().sampleIdSum());
        assertEquals(0f, weightOf(10), 1e-6);
        assertTrue(weightOf(20) > 0.1);
        assertEquals(new Applied.Advanced(6), applier.apply(delta(6, 10, 0.5f), 6));
        assertEquals(9, store.state().orElseThrow().nextDelta()[0]);
        List<Long> rows = new ArrayList<>();
        store.forEach((key, weight) -> rows.add(key));
        assertEquals(List.of(FeatureIds.BIAS, 20L), rows.stream().sorted().toList());
        assertEquals(-1, applier.mend(0));
    }

    private DeltaApplier startedAgain(Consumer<ServedVersion> listener) {
        weights = new VersionedWeights(new LinearModel(SPEC));
        return new DeltaApplier(SPEC, weights, store, SnapshotPlace.folder(dir.resolve("snapshots")), CLOCK, listener);
    }

    private List<Long> rowsOnDisk() {
        List<Long> rows = new ArrayList<>();
        store.forEach((key, weight) -> rows.add(key));
        return rows.stream().sorted().toList();
    }

    @Test
    void withoutRowsAndSnapshotItBeginsWithTheLog() throws IOException {
        assertArrayEquals(new long[] {-1}, applier.resume(1));
        assertEquals(0, weights.version().sequence());
    }

    /** The log's beginning may have expired. */
    @Test
    void aNewReplicaBeginsWithTheNewestSnapshot() throws IOException {
        writeSnapshot(5, 20);
        assertArrayEquals(new long[] {9}, applier.resume(1));
        assertEquals(5, weights.version().sequence());
        assertEquals(new Applied.Advanced(6), applier.apply(delta(6, 10, 0.5f), 10));
    }

    @Test
    void rowsOfAnotherSpecAreDroppedForTheSnapshot() throws IOException {
        ParameterTable other = weights.emptyTable();
        other.findOrInsert(77);
        store.writeAll(other, new RowStore.State(ServedVersion.before(1), 99, new long[] {3}));
        assertArrayEquals(new long[] {-1}, applier.resume(1));
        assertEquals(List.of(), rowsOnDisk());
        store.writeAll(other, new RowStore.State(ServedVersion.before(1), 99, new long[] {3}));
        writeSnapshot(5, 20);
        assertArrayEquals(new long[] {9}, startedAgain(v -> {}).resume(1));
        assertEquals(List.of(FeatureIds.BIAS, 20L), rowsOnDisk());
    }

    /** Rows were cleared, some were written, the state was not. */
    @Test
    void rowsThatACrashLeftWithoutAStateAreDropped() throws IOException {
        crashWhileWriting();
        assertTrue(rowsOnDisk().size() >= 10_000);
        assertArrayEquals(new long[] {-1}, applier.resume(1));
        assertEquals(List.of(), rowsOnDisk());
        crashWhileWriting();
        writeSnapshot(5, 20);
        assertArrayEquals(new long[] {9}, startedAgain(v -> {}).resume(1));
        assertEquals(List.of(FeatureIds.BIAS, 20L), rowsOnDisk());
        assertEquals(2, weights.version().rows());
    }

    private void crashWhileWriting() {
        ParameterTable table = weights.emptyTable();
        for (int key = 1; key <= 20_000; key++) {
            table.findOrInsert(1_000 + key);
        }
        int[] calls = {0};
        ParameterTable failing = (ParameterTable) Proxy.newProxyInstance(
                ParameterTable.class.getClassLoader(), new Class<?>[] {ParameterTable.class}, (proxy, method, args) -> {
                    if (method.getName().equals("key") && ++calls[0] > 15_000) {
                        throw new IllegalStateException("crash");
                    }
                    return method.invoke(table, args);
                });
        store.clear();
        var state = new RowStore.State(ServedVersion.before(1), SPEC.fingerprint(), new long[] {3});
        assertThrows(RuntimeException.class, () -> store.writeAll(failing, state));
    }

    @Test
    void afterAFailureMemoryStaysAndTheDiskIsBroughtUpToIt() throws IOException {
        applier.resume(1);
        applier.apply(delta(1, 10, 0.5f), 1);
        applier.persist();
        applier.apply(delta(2, 11, 0.5f), 2);
        assertArrayEquals(new long[] {2}, applier.resume(1));
        assertEquals(2, weights.version().sequence());
        assertEquals(List.of(10L, 11L), rowsOnDisk());
        assertEquals(2, store.state().orElseThrow().nextDelta()[0]);
    }

    @Test
    void aMendThatDidNotReachTheDiskReachesItLater() throws IOException {
        applier.resume(1);
        applier.apply(delta(1, 10, 0.5f), 1);
        applier.persist();
        boolean[] fails = {true};
        DeltaApplier again = startedAgain(v -> {
            if (fails[0]) {
                throw new IllegalStateException("before the disk");
            }
        });
        assertArrayEquals(new long[] {1}, again.resume(1));
        writeSnapshot(5, 20);
        assertThrows(IllegalStateException.class, () -> again.mend(0));
        assertEquals(5, weights.version().sequence());
        assertEquals(List.of(10L), rowsOnDisk());
        fails[0] = false;
        assertArrayEquals(new long[] {9}, again.resume(1));
        assertEquals(List.of(FeatureIds.BIAS, 20L), rowsOnDisk());
        assertEquals(5, store.state().orElseThrow().version().sequence());
    }

    private void writeSnapshot(long sequence, long key) throws IOException {
        ParameterTable training = new OffHeapTable(RowLayout.TRAINING, 100);
        training.setLong(training.findOrInsert(FeatureIds.BIAS), RowLayout.ID_SUM, 123);
        training.setFloat(training.findOrInsert(key), RowLayout.Z, -5f);
        var header = new Snapshot.Header(
                0,
                sequence,
                8,
                SPEC.fingerprint(),
                new TreeMap<>(Map.of(0, 1L)),
                new TreeMap<>(Map.of(0, 30L)),
                17,
                0,
                RowLayout.TRAINING,
                training.size());
        new SnapshotFolder(dir.resolve("snapshots"), 2)
                .write(new Snapshot(header, SnapshotTables.copyRows(training), Extras.NONE));
    }
}
