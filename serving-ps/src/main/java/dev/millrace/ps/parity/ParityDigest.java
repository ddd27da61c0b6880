package dev.millrace.ps.parity;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.RowSink;
import dev.millrace.ps.model.ServedRows;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.table.KeyHash;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;

/**
 * Digest of those serving rows of a shard whose training row's hash lies in a range: the wrapping sum of a hash of each
 * row's key and weight bits, so that the rows' order is free and a row too many, too few or changed shows (but for one
 * chance in 2⁶⁴). A row of weight 0 is like none, as it is for scoring. Training computes it from its table with the weights rounded as they travel, serving from what it has.
 */
public final class ParityDigest {
    /**
     * A range holds at most as many training rows, some 50 µs of work a side and delta: a busy loop makes a thousand
     * deltas a second.
     */
    static final int ROWS_A_RANGE = 1 << 11;

    private static final int PLACE_BITS = 32;

    private long rows;
    private long digest;

    private ParityDigest() {}

    /**
     * Of a training table, O(rows of the range).
     *
     * @param table of one shard
     * @param index which range, modulo their number: the delta's sequence, so that all come in turn
     */
    public static Delta.Parity ofTraining(ParameterTable table, ServedRows rows, long index) {
        int bits = rangeBits(table.size());
        int range = (int) (index & ((1L << bits) - 1));
        ParityDigest sum = new ParityDigest();
        table.forEachRow(from(bits, range), from(bits, range + 1), row -> rows.serveRowsAgain(table, row, sum::add));
        return new Delta.Parity(bits, range, sum.rows, sum.digest);
    }

    /** Serving rows of all shards, wherever they are. */
    public interface ServingSource {
        /** Those whose {@link KeyHash#place} is within a range, each once. */
        void forEachRow(long fromPlace, long toPlace, RowSink sink);

        /** Zeros where there is no such row. */
        float[] row(long key);
    }

    /** Rows in a serving table. */
    public static ServingSource source(ParameterTable table) {
        return new ServingSource() {
            @Override
            public void forEachRow(long from, long to, RowSink sink) {
                float[] scratch = new float[1 + table.layout().vectorFloats()];
                table.forEachRow(from, to, row -> {
                    table.getFloats(row, RowLayout.WEIGHT, scratch, 0, scratch.length);
                    sink.row(table.key(row), scratch);
                });
            }

            @Override
            public float[] row(long key) {
                float[] found = new float[1 + table.layout().vectorFloats()];
                long row = table.find(key);
                if (row != ParameterTable.MISSING) {
                    table.getFloats(row, RowLayout.WEIGHT, found, 0, found.length);
                }
                return found;
            }
        };
    }

    /**
     * Of the rows that serve, O(rows of the range).
     *
     * @param like whose range is meant
     */
    public static Delta.Parity ofServing(
            ServingSource rows, ServingKeys keys, int shard, int shards, Delta.Parity like) {
        long from = from(like.rangeBits(), like.range());
        long to = from(like.rangeBits(), like.range() + 1);
        ParityDigest sum = new ParityDigest();
        rows.forEachRow(from, to, (key, row) -> {
            if (!keys.isScale(key) && keys.shardOf(key, shards) == shard) {
                sum.add(key, row);
            }
        });
        // A scale lies where its own key does, and counts where its mean does.
        for (long scale : keys.scales()) {
            long mean = ServingKeys.meanOf(scale);
            if (KeyHash.place(mean) >= from && KeyHash.place(mean) < to && keys.shardOf(mean, shards) == shard) {
                sum.add(scale, rows.row(scale));
            }
        }
        return new Delta.Parity(like.rangeBits(), like.range(), sum.rows, sum.digest);
    }

    private void add(long key, float[] row) {
        long sum = 0;
        boolean counts = false;
        for (int i = 0; i < row.length; i++) {
            if (row[i] != 0) {
                counts = true;
                sum += hash(key + i * 0x9E3779B97F4A7C15L, row[i]);
            }
        }
        if (counts) {
            rows++;
            digest += sum;
        }
    }

    /** Finalizer of MurmurHash3 (Appleby) over both. */
    private static long hash(long key, float weight) {
        long x = key * 0xD6E8FEB86659FD93L + Float.floatToIntBits(weight);
        x = (x ^ (x >>> 33)) * 0xFF51AFD7ED558CCDL;
        x = (x ^ (x >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return x ^ (x >>> 33);
    }

    /** 2^bits ranges of at most about {@link #ROWS_A_RANGE} rows; one range while there are fewer. */
    static int rangeBits(long rows) {
        int bits = 0;
        while (rows >> bits > ROWS_A_RANGE && bits < Delta.Parity.MAX_RANGE_BITS) {
            bits++;
        }
        return bits;
    }

    private static long from(int bits, long range) {
        return range << (PLACE_BITS - bits);
    }
}
