package dev.millrace.ps.life;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ps.table.ParameterTable;
import it.unimi.dsi.fastutil.longs.LongList;
import java.time.Duration;
import java.util.Map;

/**
 * Walks round the table in hash order and finds the rows that are too old, a few with each batch:
 *
 * <pre>
 *  segment 0                cursor ──▶                       2^20
 *        +---------------------+---------------------------+     a row's segment: the high 20 bits of its hash,
 *        |   looked at         |  a row lies here or there |     the same however large the table is
 *        +---------------------+---------------------------+
 * </pre>
 *
 * <p>The cursor moves with event time: once round in a period, an eighth of the shortest {@code expireAfter}, at least a
 * minute. So a row goes at most a period too late, unless event time runs faster than {@link #ROWS_A_BATCH} rows a batch
 * can follow (a log read again): then it waits until the cursor has come round, within rows / ROWS_A_BATCH batches.
 * What is passed over is not made up for. One thread.
 */
final class Sweep {
    /** Rows looked at in one batch, about: the work of a millisecond, and a bound of the tombstones in one delta. */
    static final int ROWS_A_BATCH = 1 << 15;

    private static final int SEGMENT_BITS = 20;
    private static final int SEGMENTS = 1 << SEGMENT_BITS;
    private static final int PLACE_BITS = Integer.SIZE - SEGMENT_BITS;
    private static final int SLOTS = 1 << 16;
    private static final long SHORTEST_PERIOD_MS = Duration.ofMinutes(1).toMillis();
    private static final long NEVER = -1;

    /** By slot number; 0: never. */
    private final long[] expireAfterMs = new long[SLOTS];

    /** Event time in which the cursor goes round; 0: no row ever expires. */
    private final long periodMs;

    private int cursor;
    private long sweptMs = NEVER;
    /** Most rows since the cursor came round: those ahead of it do not thin out while those behind it go. */
    private long rowsAhead;

    /** @param ages slot number to the age at which its rows expire */
    Sweep(Map<Integer, Duration> ages) {
        ages.forEach((slot, age) -> expireAfterMs[slot] = age.toMillis());
        periodMs = ages.values().stream()
                .mapToLong(age -> Math.max(SHORTEST_PERIOD_MS, age.toMillis() / 8))
                .min()
                .orElse(0);
    }

    /** Next segment to look at. */
    int cursor() {
        return cursor;
    }

    /** Event time at which the cursor came there; −1 before any. */
    long sweptMs() {
        return sweptMs;
    }

    /** Most rows that the table had since the cursor came round. */
    long rowsAhead() {
        return rowsAhead;
    }

    void resume(int savedCursor, long savedMs, long savedRowsAhead) {
        cursor = Math.floorMod(savedCursor, SEGMENTS);
        sweptMs = savedMs;
        rowsAhead = savedRowsAhead;
    }

    /** Appends the keys of rows in the next segments that are too old at this event time. */
    void advance(ParameterTable table, long watermarkMs, LongList tooOld) {
        if (periodMs == 0 || watermarkMs <= sweptMs) {
            return;
        }
        rowsAhead = Math.max(rowsAhead, table.size());
        int segments = sweptMs == NEVER ? 0 : (int) Math.min(due(watermarkMs), affordable(rowsAhead));
        sweptMs = watermarkMs;
        int end = cursor + segments;
        look(table, cursor, Math.min(end, SEGMENTS), watermarkMs, tooOld);
        look(table, 0, end - SEGMENTS, watermarkMs, tooOld);
        cursor = end % SEGMENTS;
        if (end >= SEGMENTS) {
            rowsAhead = table.size();
        }
    }

    /** Segments between two event times; by absolute positions, so that roundings do not add up. */
    private long due(long watermarkMs) {
        return watermarkMs - sweptMs >= periodMs ? SEGMENTS : position(watermarkMs) - position(sweptMs);
    }

    private long position(long ms) {
        // The remainder is below 10 years / 8 in ms, 36 bits: shifted, it fits.
        return ((ms / periodMs) << SEGMENT_BITS) + ((ms % periodMs) << SEGMENT_BITS) / periodMs;
    }

    private static long affordable(long rows) {
        return Math.max(1, Math.min(SEGMENTS, (long) ROWS_A_BATCH * SEGMENTS / Math.max(1, rows)));
    }

    private void look(ParameterTable table, int from, int to, long watermarkMs, LongList tooOld) {
        if (from >= to) {
            return;
        }
        int lastUpdate = table.layout().lastUpdate();
        table.forEachRow((long) from << PLACE_BITS, (long) to << PLACE_BITS, row -> {
            long key = table.key(row);
            long age = expireAfterMs[FeatureIds.slotOf(key)];
            long updatedMs = Duration.ofSeconds(Integer.toUnsignedLong(table.getInt(row, lastUpdate)))
                    .toMillis();
            if (age > 0 && updatedMs + age < watermarkMs) {
                tooOld.add(key);
            }
        });
    }
}
