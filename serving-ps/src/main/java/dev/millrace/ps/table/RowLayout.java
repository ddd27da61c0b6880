package dev.millrace.ps.table;

/**
 * Where a row's fields lie. Every row begins with its 64-bit key; 0 marks an empty place.
 *
 * <pre>
 *  TRAINING, 32 bytes, two a cache line            SERVING, 16 bytes, four a cache line
 *  0        8    12   16       20       24         0        8       12
 *  +--------+----+----+--------+--------+--------+ +--------+-------+-------+
 *  | key    | z  | n  | updates| last s | id sum | | key    | weight| unused|
 *  +--------+----+----+--------+--------+--------+ +--------+-------+-------+
 * </pre>
 *
 * A training row keeps FTRL's z and n (the weight is derived), how many samples updated it, when the last one did
 * (event time, seconds since the epoch), and the wrapping sum of their ids, so that lost and doubled samples show. The
 * row of a standardized number's mean uses z as the mean and n as the sum of squared deviations (Welford), both over
 * the latest samples (see {@code FtrlRows.WINDOW}).
 */
public enum RowLayout {
    TRAINING(32),
    SERVING(16);

    public static final int KEY = 0;

    /** float, TRAINING. */
    public static final int Z = 8;
    /** float, TRAINING. */
    public static final int N = 12;
    /** int, unsigned, TRAINING. */
    public static final int UPDATES = 16;
    /** int, TRAINING. */
    public static final int LAST_UPDATE_S = 20;
    /** long, TRAINING. */
    public static final int ID_SUM = 24;

    /** float, SERVING. */
    public static final int WEIGHT = 8;

    private final int stride;

    RowLayout(int stride) {
        this.stride = stride;
    }

    /** Bytes a row. */
    public int stride() {
        return stride;
    }
}
