package dev.millrace.learner.remote.push;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.Ftrl;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.model.FtrlBatch;
import dev.millrace.ps.model.FtrlRows;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import java.nio.ByteBuffer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * The shard's half of minibatch FTRL-Proximal. A row that got gradients g₁ … g_c in a batch, with w its weight before:
 *
 * <pre>
 *  σ = (√(n + Σgᵢ²) − √n) / α;   z += Σgᵢ − σ·w;   n += Σgᵢ²;   updates += c;   id sum += Σ idᵢ
 * </pre>
 *
 * which is Algorithm 1 of McMahan et al. (2013) run over the samples one by one with every gradient and every w taken at
 * the batch's beginning: Σᵢ (gᵢ − σᵢ·w) = Σgᵢ − w·Σσᵢ, and Σσᵢ telescopes to σ. So n is as if the samples had come one by
 * one, not one g² = (Σgᵢ)². The arithmetic is {@link FtrlBatch}'s.
 *
 * <p>A row of a mean merges (count b, mean, M2) with its own (count a) by Chan, Golub and LeVeque (1979): δ = mean_b −
 * mean_a; mean = mean_a + δ·b/(a+b); M2 = M2_a + M2_b + δ²·a·b/(a+b). Once a + b exceeds the window, the old part counts
 * as a' = WINDOW − b and its M2 fades by a'/a.
 *
 * <p>A row that would not be finite stays as it was, and is counted. Belongs to the shard's owner.
 */
public final class PushApplier {
    private final ShardState state;
    private final ParameterTable table;
    private final Ftrl ftrl;
    private final Routes routes;
    private final long[] keys = new long[ParameterTable.CHUNK];
    private final int[] counts = new int[ParameterTable.CHUNK];
    private final int[] index = new int[ParameterTable.CHUNK];
    private final long[] rows = new long[ParameterTable.CHUNK];
    private final FtrlBatch step;
    private final @Nullable PushedNetwork network;
    private long refusedRows;

    public PushApplier(ShardState state) {
        this.state = state;
        this.table = state.table();
        this.ftrl = state.spec().optimizer();
        this.step = new FtrlBatch(table, ftrl);
        this.routes = new Routes(state.spec(), state.id().shards());
        this.network = state.spec().network().isLinear() ? null : new PushedNetwork(state, routes);
    }

    /**
     * Applies a push whose turn it is. O(rows).
     *
     * @throws IllegalArgumentException when it is not of this model, and nothing is changed
     */
    public void apply(Push push) {
        check(push);
        int all = push.gradientRows() + push.meanRows();
        for (int from = 0; from < all; from += ParameterTable.CHUNK) {
            apply(push, from, Math.min(all, from + ParameterTable.CHUNK));
        }
        if (network != null) {
            network.layers(push);
        }
        refusedRows += push.refusedGradients();
        state.include(push.partition(), push.first(), push.next());
        state.watermark(push.partition(), push.watermarkMs());
        state.count(push.samples(), push.duplicates(), push.refused());
        // A push is the batch here: when deltas are closed is not the log's doing.
        state.expire();
    }

    private void check(Push push) {
        if (network != null) {
            network.check(push);
        } else if (push.embeddedRows() > 0 || push.layerFloats() > 0) {
            throw new IllegalArgumentException("push: vectors, of a model without embeddings");
        }
    }

    /** Some of its rows, found together so that their cache misses overlap. */
    private void apply(Push push, int from, int to) {
        int sound = 0;
        for (int i = from; i < to; i++) {
            if (isSound(push, i) && routes.isMean(push.key(i)) == i >= push.gradientRows()) {
                keys[sound] = push.key(i);
                counts[sound] = push.count(i);
                index[sound++] = i;
            }
        }
        refusedRows += to - from - sound;
        state.life().rowsFor(keys, counts, sound, rows);
        for (int k = 0; k < sound; k++) {
            if (rows[k] != ParameterTable.MISSING) {
                apply(push, index[k], rows[k], index[k] >= push.gradientRows());
            }
        }
    }

    /** A new row takes whatever is sound, so that none is left behind that nobody is told of. */
    private void apply(Push push, int i, long row, boolean mean) {
        if (mean ? merge(push, i, row) : step(push, i, row)) {
            count(push, i, row, mean);
            state.touch(push.key(i));
        } else {
            refusedRows++;
        }
    }

    private boolean step(Push push, int i, long row) {
        return network == null ? step.step(row, push.first(i), push.second(i)) : network.step(push, i, row);
    }

    /** Whether it is this shard's row, and its numbers are numbers. */
    private boolean isSound(Push push, int i) {
        long key = push.key(i);
        return key != FeatureIds.NONE
                && !FeatureIds.isLayers(key)
                && i < push.embeddedRows() == (network != null && i < push.gradientRows() && network.isEmbedded(key))
                && routes.shardOf(key) == state.id().shard()
                && Float.isFinite(push.first(i))
                && Float.isFinite(push.second(i))
                && push.second(i) >= 0
                && push.count(i) > 0;
    }

    private boolean merge(Push push, int i, long row) {
        double b = Math.min(push.count(i), FtrlRows.WINDOW);
        double seen = FtrlRows.observed(table.getInt(row, RowLayout.UPDATES));
        double a = Math.min(seen, FtrlRows.WINDOW - b);
        double kept = seen > 0 ? a / seen : 0;
        double mean = table.getFloat(row, RowLayout.Z);
        double delta = push.first(i) - mean;
        return set(
                row,
                mean + delta * b / (a + b),
                table.getFloat(row, RowLayout.N) * kept + push.second(i) + delta * delta * a * b / (a + b));
    }

    private boolean set(long row, double z, double n) {
        if (!Float.isFinite((float) z) || !Float.isFinite((float) n)) {
            return false;
        }
        table.setFloat(row, RowLayout.Z, (float) z);
        table.setFloat(row, RowLayout.N, (float) n);
        return true;
    }

    private void count(Push push, int i, long row, boolean mean) {
        int before = mean ? table.getInt(row, RowLayout.UPDATES) : 0;
        state.life().learned(row, push.count(i), push.idSum(i), push.eventSecond(i));
        if (mean && Integer.compareUnsigned(table.getInt(row, RowLayout.UPDATES), before) < 0) {
            // All of 2³² counted: still a full window, not a new one.
            table.setInt(row, RowLayout.UPDATES, -1);
        }
        if (push.key(i) == FeatureIds.BIAS) {
            state.sumIds(push.idSum(i));
        }
    }

    /** Bytes of the answer to a pull. @param keys as they were asked for */
    public int pullBytes(LongStream keys) {
        PushedNetwork its = network;
        if (its == null) {
            return Math.toIntExact(keys.count() * Float.BYTES);
        }
        long floats = keys.map(key -> its.isEmbedded(key) ? 1 + its.dim() : 1).sum() + its.layerFloats();
        return Math.toIntExact(floats * Float.BYTES);
    }

    /** What a learner reads of a key: its weight, and its vector if it has an embedding. */
    public void pull(long key, ByteBuffer target) {
        target.putFloat(weight(key));
        if (network != null && network.isEmbedded(key)) {
            network.pull(key, target);
        }
    }

    /** And what comes behind all of its keys: the layers, where they are here. */
    public void pullLayers(ByteBuffer target) {
        if (network != null) {
            network.pullLayers(target);
        }
    }

    /** Writes what is kept beside the table into it: before rows are published, or read by others. */
    public void flush() {
        if (network != null) {
            network.flush();
        }
    }

    /** Floats of the layers that are here. */
    public int layerFloats() {
        return network == null ? 0 : network.layerFloats();
    }

    /** What the key weighs: 0 without a row. */
    public float weight(long key) {
        long row = table.find(routes.rowKey(key));
        if (row == ParameterTable.MISSING) {
            return 0f;
        }
        if (routes.isScale(key)) {
            return FtrlRows.scale(table, row);
        }
        if (routes.isMean(key)) {
            return table.getFloat(row, RowLayout.Z);
        }
        return (float) FtrlRows.weight(table.getFloat(row, RowLayout.Z), table.getFloat(row, RowLayout.N), ftrl);
    }

    /** Rows and gradients that were not finite, or not this shard's: never stored. */
    public long refusedRows() {
        return refusedRows;
    }

    /** Rows that the table's bound left no room for. */
    public long rowsWithoutRoom() {
        return state.life().counters().withoutRoom();
    }
}
