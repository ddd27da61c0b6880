package dev.millrace.ps.table;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
 *
 *  with vectors (a model with embeddings)
 *  +-----------------------------------+------------------+--------------------------+
 *  | a training row as above           | vector, floats   | its optimizer's, floats  |
 *  | key · weight                      | vector, floats   |                            SERVING
 *  +-----------------------------------+------------------+--------------------------+
 * </pre>
 *
 * A training row keeps FTRL's z and n (the weight is derived). TRAINING also counts: how many samples updated it, when
 * the last one did (event time, seconds since the epoch), and the wrapping sum of their ids, so that lost and doubled
 * samples show. The row of a standardized number's mean uses z as the mean and n as the sum of squared deviations
 * (Welford), both over the latest samples (see {@code FtrlRows.WINDOW}). Key 0 marks an empty place.
 *
 * <p>Bytes a row: {@code bucketBytes / (ways · load)}, where the load swings between {@code maxLoad / growth} and
 * {@code maxLoad}: at most 2.6 × the row for training layouts (few full buckets: speed), 1.5 × for SERVING_COMPACT. A
 * table of less than 32 MiB doubles (but for SERVING_COMPACT): up to 4.4 × the row until it has 64.
 */
public final class RowLayout {
    public static final RowLayout TRAINING = new RowLayout(Kind.TRAINING, 32, 4, 128, 0.48, 1.22);
    public static final RowLayout SERVING = new RowLayout(Kind.SERVING, 12, 5, 64, 0.52, 1.22);
    public static final RowLayout FTRL = new RowLayout(Kind.FTRL, 16, 4, 64, 0.48, 1.22);
    public static final RowLayout FTRL_AGED = new RowLayout(Kind.FTRL_AGED, 24, 5, 128, 0.52, 1.22);
    /** As SERVING, in three fifths of its memory: more rows lie behind a full bucket, and cost a wrong guess each. */
    public static final RowLayout SERVING_COMPACT = new RowLayout(Kind.SERVING_COMPACT, 12, 5, 64, 0.84, 1.13);

    private static final List<RowLayout> PLAIN = List.of(TRAINING, SERVING, FTRL, FTRL_AGED, SERVING_COMPACT);

    /** What a row without vectors is. */
    private enum Kind {
        TRAINING,
        SERVING,
        FTRL,
        FTRL_AGED,
        SERVING_COMPACT
    }

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
    private static final int LEAST_WAYS = 4;
    /** Keys of two cache lines. */
    private static final int MOST_WAYS = 16;

    private static final double WORTH_MORE_WAYS = 0.03;
    /** Rows are long, so full buckets cost less than empty places. */
    private static final double MAX_LOAD_WITH_VECTORS = 0.7;

    /** Each growth moves every row once more, and a table that doubles once too often costs no more than this. */
    static final long DOUBLES_BELOW = 32L << 20;

    private static final int MAX_FLOATS = 1 << 11;
    private static final Pattern WITH_VECTORS = Pattern.compile("([A-Z_]+)\\+(\\d{1,4})\\+(\\d{1,4})");

    private final Kind kind;
    private final int plainStride;
    private final int vectorFloats;
    private final int optimizerFloats;
    private final int stride;
    private final int ways;
    private final int bucketBytes;
    private final double maxLoad;
    private final double growth;

    private RowLayout(Kind kind, int stride, int ways, int bucketBytes, double maxLoad, double growth) {
        this(kind, stride, 0, 0, ways, bucketBytes, maxLoad, growth);
    }

    private RowLayout(
            Kind kind,
            int plainStride,
            int vectorFloats,
            int optimizerFloats,
            int ways,
            int bucketBytes,
            double maxLoad,
            double growth) {
        this.kind = kind;
        this.plainStride = plainStride;
        this.vectorFloats = vectorFloats;
        this.optimizerFloats = optimizerFloats;
        this.stride = plainStride + (vectorFloats + optimizerFloats) * Float.BYTES;
        this.ways = ways;
        this.bucketBytes = bucketBytes;
        this.maxLoad = maxLoad;
        this.growth = growth;
        if (ways * stride > bucketBytes) {
            throw new IllegalArgumentException(ways + " rows of " + stride + " bytes exceed " + bucketBytes);
        }
        if (Integer.bitCount(bucketBytes) != 1) {
            throw new IllegalArgumentException("a bucket of " + bucketBytes + " bytes is no power of two");
        }
    }

    /**
     * This layout with a vector in each row.
     *
     * @param vector floats that serve too, 0: none, this layout
     * @param optimizer floats that the optimizer keeps of the vector
     */
    public RowLayout withVectors(int vector, int optimizer) {
        if (vector == 0) {
            return this;
        }
        if (vectorFloats != 0 || vector < 0 || optimizer < 0 || vector + optimizer > MAX_FLOATS) {
            throw new IllegalArgumentException("vectors of " + vector + " and " + optimizer + " floats in " + this);
        }
        int bytes = plainStride + (vector + optimizer) * Float.BYTES;
        int best = LEAST_WAYS;
        for (int candidate = LEAST_WAYS; candidate <= MOST_WAYS; candidate++) {
            best = share(candidate, bytes) > share(best, bytes) + WORTH_MORE_WAYS ? candidate : best;
        }
        int bucket = bucketOf(best * bytes);
        return new RowLayout(kind, plainStride, vector, optimizer, best, bucket, MAX_LOAD_WITH_VECTORS, growth);
    }

    /** How much of a bucket so many rows fill. */
    private static double share(int ways, int rowBytes) {
        return (double) ways * rowBytes / bucketOf(ways * rowBytes);
    }

    private static int bucketOf(int bytes) {
        return Integer.highestOneBit(bytes - 1) * 2;
    }

    /** Equal for equal layouts, other for others. */
    public String name() {
        return vectorFloats == 0 ? kind.name() : kind.name() + "+" + vectorFloats + "+" + optimizerFloats;
    }

    /** @throws IllegalArgumentException when there is no layout of that name */
    public static RowLayout named(String name) {
        for (RowLayout layout : PLAIN) {
            if (layout.name().equals(name)) {
                return layout;
            }
        }
        Matcher parts = WITH_VECTORS.matcher(name);
        if (!parts.matches()) {
            throw new IllegalArgumentException("row layout " + name + " is unknown");
        }
        return named(parts.group(1)).withVectors(Integer.parseInt(parts.group(2)), Integer.parseInt(parts.group(3)));
    }

    /** Floats of the vector; 0: rows have none. */
    public int vectorFloats() {
        return vectorFloats;
    }

    /** Field of the vector's first float; in SERVING it follows the weight at once. */
    public int vector() {
        return plainStride;
    }

    /** Floats that the optimizer keeps of the vector. */
    public int optimizerFloats() {
        return optimizerFloats;
    }

    /** Field of the first of them. */
    public int optimizer() {
        return plainStride + vectorFloats * Float.BYTES;
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

    /** By how much a table of so many bytes grows. */
    double growth(long bytes) {
        return bytes < DOUBLES_BELOW && kind != Kind.SERVING_COMPACT ? 2 : growth;
    }

    /** Whether rows count their updates and sum their samples' ids. */
    public boolean audited() {
        return kind == Kind.TRAINING;
    }

    /** Whether rows know when they were updated last. */
    public boolean aged() {
        return lastUpdate() != ABSENT;
    }

    /** Field of the last update, int, event time in seconds; −1 where rows have none. */
    public int lastUpdate() {
        return switch (kind) {
            case TRAINING -> LAST_UPDATE_S;
            case FTRL_AGED -> AGED_LAST_UPDATE_S;
            case FTRL, SERVING, SERVING_COMPACT -> ABSENT;
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RowLayout that && name().equals(that.name());
    }

    @Override
    public int hashCode() {
        return name().hashCode();
    }

    @Override
    public String toString() {
        return name();
    }

    /** All without vectors. */
    static List<RowLayout> plain() {
        return PLAIN;
    }
}
