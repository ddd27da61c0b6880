package dev.millrace.ps.table;

/**
 * Where a row's fields lie. A row is its 64-bit key and its state; the table keeps keys and states of a bucket apart,
 * in whole cache lines:
 *
 * <pre>
 *  bucket of FTRL, 64 bytes, 4 rows           one key compare and one update: one line
 *  0      8      16     24     32     40     48     56     64
 *  +------+------+------+------+------+------+------+------+
 *  | key  | key  | key  | key  | z n  | z n  | z n  | z n  |
 *  +------+------+------+------+------+------+------+------+
 *
 *  FTRL_AGED, 128 bytes, 5 rows     key ×5 · { z, n, last s, unused } ×5 · 8 unused
 *  TRAINING,  128 bytes, 4 rows     key ×4 · { z, n, updates, last s, id sum } ×4
 *  SERVING,    64 bytes, 5 rows     key ×5 · weight ×5 · 4 unused
 *
 *  a row on its own (copyRow, snapshots)
 *  0        8    12   16       20       24
 *  +--------+----+----+--------+--------+--------+
 *  | key    | z  | n  | updates| last s | id sum |   TRAINING; FTRL_AGED has last s at 16
 *  +--------+----+----+--------+--------+--------+
 * </pre>
 *
 * A training row keeps FTRL's z and n (the weight is derived). TRAINING also counts: how many samples updated it, when
 * the last one did (event time, seconds since the epoch), and the wrapping sum of their ids, so that lost and doubled
 * samples show. The row of a standardized number's mean uses z as the mean and n as the sum of squared deviations
 * (Welford), both over the latest samples (see {@code FtrlRows.WINDOW}). Key 0 marks an empty place.
 *
 * <p>Bytes a row: {@code bucketBytes / (ways · load)}, where the load swings between {@code maxLoad / growth} and
 * {@code maxLoad}: at most 2.6 × the row for training layouts (few full buckets: speed), 1.5 × for SERVING_COMPACT.
 */
public enum RowLayout {
    TRAINING(32, 4, 128, 0.48, 1.22),
    SERVING(12, 5, 64, 0.52, 1.22),
    FTRL(16, 4, 64, 0.48, 1.22),
    FTRL_AGED(24, 5, 128, 0.52, 1.22),
    /** As SERVING, in three fifths of its memory: more rows lie behind a full bucket, and cost a wrong guess each. */
    SERVING_COMPACT(12, 5, 64, 0.84, 1.13);

    public static final int KEY = 0;

    /** float, training layouts. */
    public static final int Z = 8;
    /** float, training layouts. */
    public static final int N = 12;
    /** int, unsigned, TRAINING. */
    public static final int UPDATES = 16;
    /** int, TRAINING; for others see {@link #lastUpdate}. */
    public static final int LAST_UPDATE_S = 20;
    /** long, TRAINING. */
    public static final int ID_SUM = 24;

    /** float, SERVING. */
    public static final int WEIGHT = 8;

    private static final int AGED_LAST_UPDATE_S = 16;
    private static final int ABSENT = -1;

    private final int stride;
    private final int ways;
    private final int bucketBytes;
    private final double maxLoad;
    private final double growth;

    RowLayout(int stride, int ways, int bucketBytes, double maxLoad, double growth) {
        if (ways * stride > bucketBytes) {
            throw new IllegalArgumentException(ways + " rows of " + stride + " bytes exceed " + bucketBytes);
        }
        if (Integer.bitCount(bucketBytes) != 1) {
            throw new IllegalArgumentException("a bucket of " + bucketBytes + " bytes is no power of two");
        }
        this.stride = stride;
        this.ways = ways;
        this.bucketBytes = bucketBytes;
        this.maxLoad = maxLoad;
        this.growth = growth;
    }

    /** Bytes a row on its own: key and state. */
    public int stride() {
        return stride;
    }

    /** Rows a bucket. */
    int ways() {
        return ways;
    }

    int stateBytes() {
        return stride - Long.BYTES;
    }

    /** Whole cache lines. */
    int bucketBytes() {
        return bucketBytes;
    }

    /** Share of places taken at which a table begins to grow. */
    double maxLoad() {
        return maxLoad;
    }

    /** By how much it grows. */
    double growth() {
        return growth;
    }

    /** Whether rows count their updates and sum their samples' ids. */
    public boolean audited() {
        return this == TRAINING;
    }

    /** Whether rows know when they were updated last. */
    public boolean aged() {
        return lastUpdate() != ABSENT;
    }

    /** Field of the last update, int, event time in seconds; −1 where rows have none. */
    public int lastUpdate() {
        return switch (this) {
            case TRAINING -> LAST_UPDATE_S;
            case FTRL_AGED -> AGED_LAST_UPDATE_S;
            case FTRL, SERVING, SERVING_COMPACT -> ABSENT;
        };
    }
}
