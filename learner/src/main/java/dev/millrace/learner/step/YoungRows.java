package dev.millrace.learner.step;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Network;
import dev.millrace.learner.factor.FoldIn;
import dev.millrace.ps.network.Draw;
import it.unimi.dsi.fastutil.longs.Long2ObjectLinkedOpenHashMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Fold-in while it learns: the embedding v of a key whose row has had few actions is, after each of them, the ridge
 * regression of what its actions left unexplained on what they met. With action j, s_j = x·Σ of the other features' x·v
 * (of a factorization, the other side's factors) and t_j the label less all that does not stem from the key, as they were
 * then; w the key's weight now; v₀ its first draw:
 *
 * <pre>
 *  (Σ s·sᵀ + λ·I)·(v − v₀) = Σ s·(t − x·w − s·v₀)
 *
 *  kept of a key   Σ s·sᵀ, the lower half [dim·(dim+1)/2] · Σ s·t [dim] · Σ s·x [dim] · actions
 *  bytes           u8 version=1 · i32 keys · { i64 key · f32 each of these }
 * </pre>
 *
 * A function of the log and its batches. O(dim³) an action. Belongs to the thread that owns the table.
 */
public final class YoungRows {
    /** Keys of a minibatch, by their number, as they were before they learn from it. */
    public interface Keys {
        long key(int number);

        boolean isEmbedded(int number);

        /** Weight and vector: number n's begin at n·(1 + dim); of keys that are not young, nobody asks. */
        float[] values();
    }

    private static final byte VERSION = 1;

    private final int dim;
    private final int actions;
    private final double ridge;
    private final int most;
    private final long seed;
    private final double deviation;
    private final int floats;
    private final Long2ObjectLinkedOpenHashMap<float[]> young = new Long2ObjectLinkedOpenHashMap<>();
    private final float[] side;
    private final float[] drawn;
    private final double[] a;
    private final double[] b;

    private YoungRows(ModelSpec spec) {
        Network network = spec.network();
        dim = network.dim();
        actions = network.foldIn().actions();
        ridge = network.foldIn().ridge();
        seed = network.seed();
        deviation = network.initial();
        floats = dim * (dim + 1) / 2 + 2 * dim + 1;
        most = Math.max(1, network.foldIn().bytes() / (floats * Float.BYTES + Long.BYTES));
        side = new float[dim];
        drawn = new float[dim];
        a = new double[dim * dim];
        b = new double[dim];
    }

    /** Null: the spec folds nobody in. */
    public static @Nullable YoungRows orNull(ModelSpec spec) {
        return spec.network().foldIn().isNone() ? null : new YoungRows(spec);
    }

    /** A row without an embedding is about to learn. */
    public void born(long key) {
        var unused = young.putAndMoveToLast(key, new float[floats]);
        if (young.size() > most) {
            var unusedOldest = young.removeFirst();
        }
    }

    /** Whether the key's row is to be folded in. */
    public boolean isYoung(long key) {
        return !young.isEmpty() && young.containsKey(key);
    }

    /**
     * Takes note of what a sample says of its young keys; before they learn from it.
     *
     * @param i which one of the minibatch
     * @param from its first feature there
     * @param sums Σ of all its features' x·v
     */
    public void observe(
            SampleBlock block, int sample, Minibatch minibatch, int i, int from, Keys rows, float z, float[] sums) {
        for (int f = from; f < minibatch.end(i); f++) {
            float[] kept = young.isEmpty() ? null : young.get(rows.key(minibatch.number(f)));
            if (kept == null || !rows.isEmbedded(minibatch.number(f))) {
                continue;
            }
            float x = minibatch.value(f);
            int at = minibatch.number(f) * (1 + dim);
            float own = x * rows.values()[at];
            for (int c = 0; c < dim; c++) {
                float v = rows.values()[at + 1 + c];
                side[c] = x * (sums[c] - x * v);
                own = Math.fma(side[c], v, own);
            }
            add(kept, block.label(sample) - (z - own), x, block.weight(sample));
        }
    }

    private void add(float[] kept, float target, float x, float weight) {
        int at = 0;
        for (int r = 0; r < dim; r++) {
            for (int c = 0; c <= r; c++) {
                kept[at++] += weight * side[r] * side[c];
            }
        }
        for (int c = 0; c < dim; c++) {
            kept[at + c] += weight * side[c] * target;
            kept[at + dim + c] += weight * side[c] * x;
        }
        kept[floats - 1]++;
    }

    /**
     * The embedding of a young key; after the last of its actions it is young no more.
     *
     * @param weight its weight now
     * @param v receives it
     * @return false: the key is not young, or has no solution
     */
    public boolean solve(long key, float weight, float[] v) {
        float[] kept = young.isEmpty() ? null : young.get(key);
        if (kept == null || kept[floats - 1] == 0) {
            return false;
        }
        if (kept[floats - 1] >= actions) {
            young.remove(key);
        }
        Draw.embedding(key, seed, deviation, drawn, 0, dim);
        int at = 0;
        for (int r = 0; r < dim; r++) {
            for (int c = 0; c <= r; c++) {
                a[r * dim + c] = kept[at];
                a[c * dim + r] = kept[at++];
            }
        }
        for (int r = 0; r < dim; r++) {
            b[r] = kept[at + r] - (double) weight * kept[at + dim + r];
            for (int c = 0; c < dim; c++) {
                b[r] -= a[r * dim + c] * drawn[c];
            }
        }
        for (int r = 0; r < dim; r++) {
            a[r * dim + r] += ridge;
        }
        float[] solved = FoldIn.solve(a, b, dim);
        boolean finite = true;
        for (int c = 0; c < dim; c++) {
            v[c] = drawn[c] + solved[c];
            finite &= Float.isFinite(v[c]);
        }
        // The first of an embedding is never 0, which means that there is none.
        v[0] = v[0] == 0 ? Float.MIN_NORMAL : v[0];
        return finite;
    }

    public byte[] toBytes() {
        ByteBuffer out = ByteBuffer.allocate(
                        Byte.BYTES + Integer.BYTES + young.size() * (Long.BYTES + floats * Float.BYTES))
                .order(ByteOrder.LITTLE_ENDIAN);
        out.put(VERSION).putInt(young.size());
        young.forEach((key, kept) -> {
            out.putLong(key);
            for (float value : kept) {
                out.putFloat(value);
            }
        });
        return out.array();
    }

    /** @throws IllegalStateException when the bytes are not of a version, or of another number of floats */
    public void restore(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        byte version = in.get();
        int keys = in.getInt();
        if (version != VERSION || in.remaining() != (long) keys * (Long.BYTES + floats * Float.BYTES)) {
            throw new IllegalStateException("rows that are folded in: version " + version + ", " + keys + " keys in "
                    + bytes.length + " bytes; known is version " + VERSION);
        }
        young.clear();
        for (int i = 0; i < keys; i++) {
            long key = in.getLong();
            float[] kept = new float[floats];
            for (int f = 0; f < floats; f++) {
                kept[f] = in.getFloat();
            }
            var unused = young.putAndMoveToLast(key, kept);
        }
    }

    int size() {
        return young.size();
    }
}
