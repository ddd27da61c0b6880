package dev.millrace.ps.life;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.Cross;
import dev.millrace.ingest.spec.Life;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.table.RowLayout;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Decides which keys get rows and which rows go, by the spec's slots: a function of the log and its batch boundaries
 * alone, never of where rows lie, so that what is learned again gets the same rows.
 *
 * <p><b>Birth.</b> A key without a row is counted in its slot's {@link AdmissionSketch}; the occurrence that reaches
 * {@code minCount} gives it a row, which learns from that occurrence on. Until then it weighs 0 and nothing is stored.
 * Occurrences that come merged (a push) are counted together, and the row learns from all of that push.
 *
 * <p><b>Expiry.</b> After each batch a {@link Sweep} looks at some of the rows; one whose last update lies longer back
 * than its slot's {@code expireAfter} is deleted. Seen again, its key begins at zero and is admitted as any other; a
 * sketch that still remembers it lets it in sooner. The bias and the rows of numbers without bins, means too, never
 * expire and are born at once: the spec gives them no life.
 *
 * <p>Belongs to the thread that owns the table.
 */
public final class RowLife {
    /** Its section of a snapshot. */
    public static final String SECTION = "row-life";

    private static final byte VERSION = 1;
    private static final int SLOTS = 1 << 16;
    /** Bytes of the state without sketches, and of what stands before each sketch. */
    private static final int FIXED = Byte.BYTES + 2 * Integer.BYTES + 6 * Long.BYTES;

    private static final int PER_SKETCH = 2 * Integer.BYTES;

    private final ParameterTable table;
    private final boolean audited;
    /** Field of the last update; negative: rows have none. */
    private final int lastUpdate;

    private final int[] minCounts = new int[SLOTS];
    private final @Nullable AdmissionSketch[] sketches = new @Nullable AdmissionSketch[SLOTS];
    private final SortedMap<Integer, AdmissionSketch> bySlot = new TreeMap<>();
    private final Sweep sweep;
    private final boolean expires;
    private final LongArrayList expiring = new LongArrayList();
    private final long[] admittedKeys = new long[ParameterTable.CHUNK];
    private final int[] admittedIndex = new int[ParameterTable.CHUNK];
    private final long[] admittedRows = new long[ParameterTable.CHUNK];
    private long bornBefore;
    private long heldBack;
    private long expired;
    private long withoutRoom;

    /**
     * What happened to rows so far, restarts included.
     *
     * @param born rows made
     * @param heldBack occurrences of keys that have too few for a row
     * @param expired rows deleted for their age
     * @param withoutRoom occurrences of keys that should have a row, while the table is at its bound
     */
    public record Counters(long born, long heldBack, long expired, long withoutRoom) {}

    /** @throws IllegalArgumentException when rows of the spec expire and the table's keep no time */
    public RowLife(ModelSpec spec, ParameterTable table) {
        this.table = table;
        audited = table.layout().audited();
        lastUpdate = table.layout().lastUpdate();
        Map<Integer, Duration> ages = new TreeMap<>();
        for (Slot slot : spec.slots()) {
            live(FeatureIds.slot(slot.name()), slot.life(), spec.policies().admissionBytes(), ages);
        }
        for (Cross cross : spec.crosses()) {
            live(FeatureIds.slot(cross.name()), cross.life(), spec.policies().admissionBytes(), ages);
        }
        if (!ages.isEmpty() && !table.layout().aged()) {
            throw new IllegalArgumentException("rows of layout " + table.layout() + " keep no time to expire by");
        }
        expires = !ages.isEmpty();
        sweep = new Sweep(ages);
        bornBefore = -table.size();
    }

    private void live(int slot, Life life, int bytes, Map<Integer, Duration> ages) {
        if (life.minCount() > 1) {
            minCounts[slot] = life.minCount();
            sketches[slot] = new AdmissionSketch(bytes, life.minCount(), slot);
            bySlot.put(slot, sketches[slot]);
        }
        if (life.expireAfter() != null) {
            ages.put(slot, life.expireAfter());
        }
    }

    /**
     * The row of a key that occurred, a new one if it is its time. O(1) expected.
     *
     * @param occurrences that the caller will learn from, at least 1
     * @return {@link ParameterTable#MISSING} when the key has no row yet, or the table has no room
     */
    public long rowFor(long key, int occurrences) {
        int slot = FeatureIds.slotOf(key);
        AdmissionSketch sketch = sketches[slot];
        if (sketch != null
                && table.find(key) == ParameterTable.MISSING
                && sketch.add(key, occurrences) < minCounts[slot]) {
            heldBack += occurrences;
            return ParameterTable.MISSING;
        }
        // Also where there is a row: a cut in progress must hear that it will change.
        long row = table.findOrInsert(key);
        if (row == ParameterTable.MISSING) {
            withoutRoom += occurrences;
        }
        return row;
    }

    /** Whether a key without a row gets one with its next occurrence, if there is room. Counts nothing. */
    public boolean admitsNext(long key) {
        int slot = FeatureIds.slotOf(key);
        AdmissionSketch sketch = sketches[slot];
        return sketch == null || sketch.count(key) + 1 >= minCounts[slot];
    }

    /**
     * {@link #rowFor} for many keys at once, their cache misses overlapping; a key stands among them once. All rows hold
     * until the next insertion or removal.
     *
     * @param count at most {@link ParameterTable#CHUNK}
     * @param rows [count] receives the rows
     */
    public void rowsFor(long[] keys, int[] occurrences, int count, long[] rows) {
        int admitted = count;
        if (bySlot.isEmpty()) {
            table.findOrInsertAll(keys, 0, count, rows);
        } else {
            admitted = admit(keys, occurrences, count, rows);
            table.findOrInsertAll(admittedKeys, 0, admitted, admittedRows);
            for (int i = 0; i < admitted; i++) {
                rows[admittedIndex[i]] = admittedRows[i];
            }
        }
        for (int i = 0; i < admitted; i++) {
            int at = bySlot.isEmpty() ? i : admittedIndex[i];
            if (rows[at] == ParameterTable.MISSING) {
                withoutRoom += occurrences[at];
            }
        }
    }

    /** Collects the keys that have a row or get one now; {@code rows} of the others are MISSING. */
    private int admit(long[] keys, int[] occurrences, int count, long[] rows) {
        table.findAll(keys, 0, count, rows);
        touchSketches(keys, count, rows);
        int admitted = 0;
        for (int i = 0; i < count; i++) {
            int slot = FeatureIds.slotOf(keys[i]);
            AdmissionSketch sketch = sketches[slot];
            if (rows[i] == ParameterTable.MISSING
                    && sketch != null
                    && sketch.add(keys[i], occurrences[i]) < minCounts[slot]) {
                heldBack += occurrences[i];
            } else {
                admittedKeys[admitted] = keys[i];
                admittedIndex[admitted++] = i;
            }
        }
        return admitted;
    }

    /** Loads the counters of all keys without a row, which waits for none of them. */
    private void touchSketches(long[] keys, int count, long[] rows) {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            AdmissionSketch sketch = sketches[FeatureIds.slotOf(keys[i])];
            sum += rows[i] == ParameterTable.MISSING && sketch != null ? sketch.count(keys[i]) : 0;
        }
        if (sum < 0) {
            throw new AssertionError("never, but the compiler must not leave the loads out");
        }
    }

    /**
     * Notes in a row what changed it, as far as its layout keeps that.
     *
     * @param samples how many
     * @param idSum wrapping sum of their ids
     * @param second of the latest, from {@link #second}
     */
    public void learned(long row, int samples, long idSum, int second) {
        if (audited) {
            table.setInt(row, RowLayout.UPDATES, table.getInt(row, RowLayout.UPDATES) + samples);
            table.setLong(row, RowLayout.ID_SUM, table.getLong(row, RowLayout.ID_SUM) + idSum);
        }
        if (lastUpdate >= 0) {
            int before = table.getInt(row, lastUpdate);
            table.setInt(row, lastUpdate, Integer.compareUnsigned(before, second) < 0 ? second : before);
        }
    }

    /** Whether every key has a row with its first occurrence, if there is room. */
    public boolean admitsAll() {
        return bySlot.isEmpty();
    }

    /** Event time as rows keep it: seconds since the epoch, unsigned, to the year 2106. */
    public static int second(long eventTimeMs) {
        return (int) Math.clamp(eventTimeMs / 1000, 0, 0xFFFF_FFFFL);
    }

    /** Whether rows of any slot expire. */
    public boolean expires() {
        return expires;
    }

    /**
     * Deletes what is too old among some of the rows. Once a batch, with the event time that it has learned up to. At
     * most about {@link Sweep#ROWS_A_BATCH} rows are looked at.
     *
     * @param gone told each key deleted
     */
    public void expire(long watermarkMs, LongConsumer gone) {
        expiring.clear();
        sweep.advance(table, watermarkMs, expiring);
        for (int i = 0; i < expiring.size(); i++) {
            table.remove(expiring.getLong(i));
            gone.accept(expiring.getLong(i));
        }
        expired += expiring.size();
    }

    public Counters counters() {
        // Rows come here and go here only, so their number tells how many came: nothing to count where it is hot.
        return new Counters(bornBefore + table.size() + expired, heldBack, expired, withoutRoom);
    }

    /** Memory of the sketches. */
    public long bytes() {
        return bySlot.values().stream().mapToLong(AdmissionSketch::bytes).sum();
    }

    /**
     * All that is no row, version 1, little endian: {@code i8 1 · i32 cursor · i64 watermark · i64 rowsAhead · i64 born
     * · i64 heldBack · i64 expired · i64 withoutRoom · i32 sketches · { i32 slot · i32 bytes · sketch }}.
     */
    public byte[] toBytes() {
        long bytes = FIXED;
        for (AdmissionSketch sketch : bySlot.values()) {
            bytes += PER_SKETCH + sketch.savedBytes();
        }
        Counters counters = counters();
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
        out.put(VERSION).putInt(sweep.cursor()).putLong(sweep.sweptMs()).putLong(sweep.rowsAhead());
        out.putLong(counters.born()).putLong(heldBack).putLong(expired).putLong(withoutRoom);
        out.putInt(bySlot.size());
        bySlot.forEach((slot, sketch) -> sketch.save(out.putInt(slot).putInt(sketch.savedBytes())));
        return out.array();
    }

    /**
     * Goes on from where {@link #toBytes} was called, over the table's rows of that time. The sketch of a slot whose
     * {@code minCount} or memory the spec has changed since starts empty.
     *
     * @throws IllegalArgumentException when these are not such bytes of a known version
     */
    public void restore(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            if (in.get() != VERSION) {
                throw new IllegalArgumentException("these are not the bytes of rows' life of version " + VERSION);
            }
            sweep.resume(in.getInt(), in.getLong(), in.getLong());
            long born = in.getLong();
            heldBack = in.getLong();
            expired = in.getLong();
            withoutRoom = in.getLong();
            bornBefore = born - table.size() - expired;
            for (int n = in.getInt(); n > 0; n--) {
                int slot = in.getInt();
                byte[] sketch = new byte[in.getInt()];
                in.get(sketch);
                restore(slot, AdmissionSketch.fromBytes(sketch));
            }
        } catch (BufferUnderflowException | NegativeArraySizeException e) {
            throw new IllegalArgumentException("the bytes of rows' life end too early", e);
        }
    }

    private void restore(int slot, AdmissionSketch saved) {
        AdmissionSketch now = bySlot.get(slot);
        if (now != null && now.hasFormOf(saved)) {
            sketches[slot] = saved;
            bySlot.put(slot, saved);
        }
    }
}
