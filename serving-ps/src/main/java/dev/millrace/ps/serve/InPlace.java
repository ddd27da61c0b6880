package dev.millrace.ps.serve;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * Puts other rows in place of a shard's, in the table that serves: part by part, and of each part what differs, a few
 * thousand rows at a time. Between the first and the last of them a reader sees rows before and rows after, each whole; the
 * version is that before until all rows are those after. A network's layers change with the version, in one step. Belongs to
 * the applying thread.
 */
final class InPlace {
    /** Rows of one step, for which readers wait: some hundred microseconds. After it the table is theirs for as long. */
    private static final int STEP = 1024;
    /**
     * New rows come in the order of their places: many at once would all stand at the front of a table that grows with
     * them, so each sixteenth part goes through all of it.
     */
    private static final int ROUNDS = 16;

    private static final double GROWS = 1.1;
    /** Bits of the hash that neither parts nor the table's first places are made of. */
    private static final int ROUND_AT = 20;

    private static final long LONGEST_PAUSE_NS = 2_000_000;

    private final VersionedWeights weights;
    private final ParameterTable table;
    private final ServingKeys keys;
    private final int shard;
    private final int shards;
    private final int width;
    private final int rounds;
    private final float[] now;
    private final float[] gone;
    private final RowBuffer step;
    private final RowBuffer layers;
    private final LongArrayList unknown = new LongArrayList();

    /** @param rows that the table will have, about */
    InPlace(VersionedWeights weights, ServingKeys keys, int shard, int shards, long rows) {
        this.weights = weights;
        this.keys = keys;
        this.shard = shard;
        this.shards = shards;
        table = weights.table();
        rounds = rows > GROWS * table.size() ? ROUNDS : 1;
        width = 1 + table.layout().vectorFloats();
        now = new float[width];
        gone = new float[width];
        gone[0] = Float.NaN;
        step = new RowBuffer(width, STEP);
        layers = new RowBuffer(width, 1);
    }

    /** Brings a part's keys to the part's rows. */
    void take(ServingPart part) {
        unknown.clear();
        table.forEachRow(row -> {
            long key = table.key(row);
            if (part.takes(key) && !part.has(key) && keys.shardOf(key, shards) == shard) {
                unknown.add(key);
            }
        });
        // First, so that new rows find their room.
        unknown.forEach(key -> change(key, gone));
        for (int round = 0; round < rounds; round++) {
            int mine = round;
            part.forEach((key, row) -> {
                if ((KeyHash.mix(key) >>> ROUND_AT) % rounds == mine && differs(key, row)) {
                    change(key, row);
                }
            });
        }
        send();
    }

    private boolean differs(long key, float[] row) {
        long at = table.find(key);
        if (at == ParameterTable.MISSING) {
            return true;
        }
        table.getFloats(at, RowLayout.WEIGHT, now, 0, width);
        return !java.util.Arrays.equals(now, row);
    }

    private void change(long key, float[] row) {
        if (FeatureIds.isLayers(key)) {
            layers.add(key, row);
            return;
        }
        step.add(key, row);
        if (step.size() == STEP) {
            send();
        }
    }

    private void send() {
        long beganNs = System.nanoTime();
        weights.put(step);
        step.clear();
        LockSupport.parkNanos(Math.min(System.nanoTime() - beganNs, LONGEST_PAUSE_NS));
    }

    /** All parts were taken: the version is that of their rows. */
    void finish(ServedVersion next) {
        weights.put(layers, next);
    }
}
