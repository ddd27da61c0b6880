package dev.millrace.ps.table;

import dev.millrace.ingest.id.FeatureIds;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Open addressing by buckets of whole cache lines, in hash order, in one region that grows in place:
 *
 * <pre>
 *  bucket 0        1        2                            buckets − 1   slack
 *  +--------+--------+--------+--- … ---+--------+--------+----------+--- reserved address space
 *  | k k k k| k k - -| - - - -|         | k k k -| - - - -| overflow |
 *  | s s s s| s s    |        |         | s s s  |        |          |
 *  +--------+--------+--------+--- … ---+--------+--------+----------+---
 *    home(key) = place(key) · buckets / 2³², and, while that bucket is full, the next one
 *
 *  growing from b to b' buckets, from the top down, a page of them with every few insertions
 *  +-------- places below the pivot: by b --------+ free +--- places from the pivot: by b' ---+
 *                                            split^
 * </pre>
 *
 * Home is monotone in {@link KeyHash#place}, so that the old buckets from the top down spread into the space above them
 * and nothing is ever copied aside: no doubled memory, and no pause longer than a few pages. What is moved at once is
 * a run of full buckets and the one behind it, so that no row of the old order lies beyond {@code split}.
 *
 * <p>A row's number is the byte offset of its state. Rows behind a bucket that was full when they came, and is full
 * still: a removal pulls them back, so there are no graves, and a search ends at the first bucket with an empty place.
 */
public final class OffHeapTable implements ParameterTable {
    // The region is aligned to pages, a field to its size: unaligned access is only the cheaper check.
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    /**
     * All of memory, for look-ups by address: a constant, whose type and bounds the compiler need not check for each key.
     * Only for offsets that are made here; what is read so must end before a fence that keeps the table alive.
     */
    private static final MemorySegment ANYWHERE = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final long EMPTY = FeatureIds.NONE;
    private static final int LINE = 64;
    /** A sum of loads that must be used for something, or the compiler drops the loads. */
    private static final long UNLIKELY = 0x9C7A_11E5_0D15_EA5EL;

    private static final long MIN_BUCKETS = 64;
    /** An insertion makes up for at most so many that found no pages to grow into. */
    private static final int MOST_STEPS = 4;
    /** Of old buckets that are spread one after the other. */
    private static final int BYTES_AT_ONCE = 4096;
    /** A growth that waits for pages may last until the table has this fraction more rows than is its measure. */
    private static final long LATE = 32;
    /** All rows of another table may come until it has this fraction more rows than is its measure. */
    private static final long BEYOND = 8;
    /** Full buckets in a row, which move together; a longer run may wait for a page. */
    private static final long LONGEST_RUN = 256;
    /** Beyond the last bucket, for what overflows. */
    private static final long SLACK = 1024;
    /** A bound for those who give none. */
    private static final long MOST_ROWS = 1L << 31;

    /** A constant: whether a line's keys are compared at once. */
    private static final boolean EIGHT = Wide.hasEight();

    private static final int MOST_AT_ONCE = 8;
    /** A table up to here lies in a core's cache: touching its lines first gains nothing. */
    private static final long NEAR = 1 << 20;

    private final RowLayout layout;
    private final int ways;
    private final long wayBits;
    private final int keysBytes;
    private final int stateBytes;
    /** Of stateBytes, as a 16-bit fraction, rounded up: exact for what lies within a bucket. */
    private final int reciprocal;

    private final int bucketBytes;
    private final int bucketShift;
    private final long maxRows;
    private final long maxBuckets;
    private final MemorySegment memory;
    private final long base;
    private final long end;
    private final int bucketsAStep;
    /** Steps are saved up, since neighbours are near to each other. */
    private final int stepsAtOnce;

    private final Moving moving;
    private long buckets;
    private long oldBuckets;
    /** Places from here on are by {@code buckets}; 0: all are. */
    private long pivot;
    /** Old buckets from here on have been spread. */
    private long split;

    /** Steps of the growth that insertions so far should have done. */
    private int owedSteps;
    /** Pages that the growth will write to, and as far as they were there when last looked at. */
    private FreshPages freshPages = FreshPages.NONE;

    private long freshFrom;
    /** Old buckets from here on spread into pages that are there. */
    private long spreadsFrom;

    private long growAt;
    private long moves;
    private long size;
    private long hugeUpTo;
    private @Nullable ChangeTracker tracker;
    private @Nullable RowMarks marks;

    /** @param maxRows bound; address space for it is reserved, memory is taken as rows come */
    public OffHeapTable(RowLayout layout, long maxRows) {
        this(layout, maxRows, MemoryNodes.ANY);
    }

    /** @param node memory node that it should lie in, {@link MemoryNodes#ANY} for any */
    public OffHeapTable(RowLayout layout, long maxRows, int node) {
        if (maxRows < 1) {
            throw new IllegalArgumentException("maxRows must be at least 1, not " + maxRows);
        }
        this.layout = layout;
        ways = layout.ways();
        wayBits = (1L << ways) - 1;
        keysBytes = ways * Long.BYTES;
        stateBytes = layout.stateBytes();
        reciprocal = (1 << 16) / stateBytes + 1;
        bucketBytes = layout.bucketBytes();
        bucketShift = Integer.numberOfTrailingZeros(bucketBytes);
        this.maxRows = Math.min(maxRows, MOST_ROWS);
        maxBuckets = bucketsFor(this.maxRows);
        // Whole words of the change tracker's bits.
        end = Math.ceilDiv(maxBuckets + SLACK, Long.SIZE) * Long.SIZE * bucketBytes;
        memory = MappedMemory.reserve(end);
        base = memory.address();
        if (node != MemoryNodes.ANY) {
            MappedMemory.preferNode(memory, node);
        }
        // Done a little before the next growth is due.
        bucketsAStep = (int) Math.ceil(1.25 / ((layout.growth(Long.MAX_VALUE) - 1) * layout.maxLoad() * ways));
        stepsAtOnce = Math.max(1, BYTES_AT_ONCE / bucketBytes);
        moving = new Moving(layout);
        settle(Math.min(MIN_BUCKETS, maxBuckets));
    }

    private long bucketsFor(long rows) {
        return (long) Math.ceil(rows / (layout.maxLoad() * ways)) + 1;
    }

    private void settle(long newBuckets) {
        useBuckets(newBuckets);
        oldBuckets = newBuckets;
        pivot = 0;
        split = 0;
    }

    private void useBuckets(long newBuckets) {
        long oldUsed = buckets * bucketBytes;
        buckets = newBuckets;
        growAt = newBuckets == maxBuckets ? maxRows : (long) (layout.maxLoad() * ways * newBuckets);
        long used = newBuckets * bucketBytes;
        MappedMemory.willWrite(memory, used + SLACK * bucketBytes);
        if (used > MappedMemory.SMALL) {
            MappedMemory.preferHugePages(memory, hugeUpTo, used);
            if (hugeUpTo == 0 && size > 0) {
                FreshPages.join(memory, oldUsed);
            }
            hugeUpTo = used;
        }
    }

    @Override
    public RowLayout layout() {
        return layout;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public long bytes() {
        long used = buckets * bucketBytes;
        long taken = hugeUpTo == 0 && used <= MappedMemory.SMALL ? used : MappedMemory.roundToHugePages(used);
        long notes = tracker == null ? 0 : ChangeTracker.bytes(buckets);
        return taken + notes + (marks == null ? 0 : marks.bytes(buckets));
    }

    // ---- finding ----

    /** Byte offset of the bucket where a search for the key begins. */
    private long home(long key) {
        return bucketOf(KeyHash.place(key)) << bucketShift;
    }

    @Override
    public long find(long key) {
        return key == EMPTY ? MISSING : search(home(key), key);
    }

    private long search(long from, long key) {
        long row = searchFrom(from, key);
        Reference.reachabilityFence(this);
        return row;
    }

    private long searchFrom(long from, long key) {
        for (long bucket = from; bucket < end; bucket += bucketBytes) {
            long at = base + bucket;
            long k0 = ANYWHERE.get(LONG, at);
            long k1 = ANYWHERE.get(LONG, at + 8);
            long k2 = ANYWHERE.get(LONG, at + 16);
            long k3 = ANYWHERE.get(LONG, at + 24);
            // Which way it is cannot be predicted: sums, not branches.
            long way = isZero(k1 ^ key) + 2 * isZero(k2 ^ key) + 3 * isZero(k3 ^ key);
            if ((way | isZero(k0 ^ key)) != 0) {
                return bucket + keysBytes + way * stateBytes;
            }
            boolean full = k0 != EMPTY && k1 != EMPTY && k2 != EMPTY && k3 != EMPTY;
            for (int more = 4; more < ways; more++) {
                long k = ANYWHERE.get(LONG, at + 8L * more);
                if (k == key) {
                    return bucket + keysBytes + (long) more * stateBytes;
                }
                full &= k != EMPTY;
            }
            if (!full) {
                return MISSING;
            }
        }
        return MISSING;
    }

    /** For batches, which are compiled: the Vector API is slow until then. Most keys are in their first bucket. */
    private long searchWide(long bucket, long key) {
        if (Wide.AVAILABLE) {
            long found = waysOf(bucket, key);
            if (found != 0) {
                return bucket + keysBytes + (long) Long.numberOfTrailingZeros(found) * stateBytes;
            }
        }
        return searchFrom(bucket, key);
    }

    /** Bit w is set where way w has the key. */
    private long waysOf(long bucket, long key) {
        if (EIGHT && ways <= MOST_AT_ONCE) {
            // A bucket is whole lines: behind its keys lie its states, whose bits do not count.
            return Wide.equalEight(ANYWHERE, base + bucket, key) & wayBits;
        }
        long found = Wide.equal(ANYWHERE, base + bucket, key);
        if (ways > 4) {
            found |= Wide.equal(ANYWHERE, base + bucket + Long.BYTES, key) << 1;
        }
        for (int from = 5; from < ways; from += 4) {
            int four = Math.min(from, ways - 4);
            found |= Wide.equal(ANYWHERE, base + bucket + (long) four * Long.BYTES, key) << four;
        }
        return found;
    }

    /** 1 for 0, else 0. */
    private static long isZero(long x) {
        return ((x | -x) >>> 63) ^ 1;
    }

    @Override
    public void findAll(long[] keys, int from, int count, long[] rows) {
        touchHomes(keys, from, count, rows);
        for (int i = 0; i < count; i++) {
            long key = keys[from + i];
            rows[i] = key == EMPTY ? MISSING : searchWide(rows[i], key);
        }
        Reference.reachabilityFence(this);
    }

    @Override
    public void getFloats(long[] keys, int count, int field, float[] to) {
        long[] homes = new long[Math.min(count, CHUNK)];
        int[] misses = new int[homes.length];
        boolean inLines = EIGHT && ways <= MOST_AT_ONCE;
        for (int from = 0; from < count; from += CHUNK) {
            int n = Math.min(CHUNK, count - from);
            touchHomes(keys, from, n, homes);
            int missed = inLines ? firstBuckets(keys, from, n, homes, field, to, misses) : all(n, misses);
            for (int m = 0; m < missed; m++) {
                int i = misses[m];
                long key = keys[from + i];
                long row = key == EMPTY ? MISSING : inLines ? searchFrom(homes[i], key) : searchWide(homes[i], key);
                to[from + i] = row == MISSING ? 0f : ANYWHERE.get(FLOAT, base + row + field - Long.BYTES);
            }
        }
        Reference.reachabilityFence(this);
    }

    /**
     * Reads what stands in its first bucket, as nearly all does: a loop without a call, since around one the compiler keeps
     * everything on the stack.
     *
     * @param misses receives which are not there
     * @return how many
     */
    private int firstBuckets(long[] keys, int from, int n, long[] homes, int field, float[] to, int[] misses) {
        long keysAt = base;
        long statesAt = base + keysBytes + field - Long.BYTES;
        int missed = 0;
        for (int i = 0; i < n; i++) {
            long home = homes[i];
            long key = keys[from + i];
            long found = Wide.equalEight(ANYWHERE, keysAt + home, key) & wayBits;
            if (found == 0 || key == EMPTY) {
                misses[missed++] = i;
            } else {
                to[from + i] = ANYWHERE.get(FLOAT, statesAt + home + Long.numberOfTrailingZeros(found) * stateBytes);
            }
        }
        return missed;
    }

    private static int all(int n, int[] misses) {
        for (int i = 0; i < n; i++) {
            misses[i] = i;
        }
        return n;
    }

    @Override
    public void findOrInsertAll(long[] keys, int from, int count, long[] rows) {
        touchHomes(keys, from, count, rows);
        long movesBefore = moves;
        ChangeTracker changes = tracker;
        for (int i = 0; i < count; i++) {
            long key = keys[from + i];
            long row = key == EMPTY ? MISSING : searchWide(rows[i], key);
            if (row == MISSING) {
                row = findOrInsert(key);
            } else if (changes != null) {
                changes.touch(row >>> bucketShift);
            }
            rows[i] = row;
        }
        if (moves != movesBefore) {
            for (int i = 0; i < count; i++) {
                // Most rows are where they were: their lines are near.
                if (rows[i] == MISSING || key(rows[i]) != keys[from + i]) {
                    rows[i] = find(keys[from + i]);
                }
            }
        }
        Reference.reachabilityFence(this);
    }

    /** Hashes all, then loads all their lines, so that the misses overlap instead of following each other. */
    private void touchHomes(long[] keys, int from, int count, long[] homes) {
        if (count > CHUNK) {
            throw new IllegalArgumentException("at most " + CHUNK + " keys at once, not " + count);
        }
        homes(keys, from, count, homes);
        if (buckets * bucketBytes <= NEAR) {
            return;
        }
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += ANYWHERE.get(LONG, base + homes[i]);
        }
        if (bucketBytes > LINE) {
            for (int i = 0; i < count; i++) {
                sum += ANYWHERE.get(LONG, base + homes[i] + LINE);
            }
        }
        if (sum == UNLIKELY) {
            moves++;
        }
    }

    private void homes(long[] keys, int from, int count, long[] homes) {
        long start = pivot;
        long now = buckets;
        long before = oldBuckets - buckets;
        int i = Wide.AVAILABLE ? Wide.homes(keys, from, count, start, now, before, bucketShift, homes) : 0;
        for (; i < count; i++) {
            long place = KeyHash.place(keys[from + i]);
            // A table is mostly between two sizes, and which one holds cannot be predicted: a mask, not a branch.
            homes[i] = ((place * (now + (((place - start) >> 63) & before))) >>> 32) << bucketShift;
        }
    }

    @Override
    public void willChange(long row) {
        if (tracker != null) {
            tracker.touch(row >>> bucketShift);
        }
    }

    @Override
    public long moves() {
        return moves;
    }

    // ---- marks ----

    @Override
    public void mark(long[] rows, int from, int count) {
        RowMarks known = marks;
        if (known == null) {
            known = new RowMarks(this, ways, end / bucketBytes);
            marks = known;
        }
        known.mark(rows, from, from + count);
    }

    @Override
    public long marked() {
        return marks == null ? 0 : marks.count();
    }

    @Override
    public void takeMarked(LongConsumer keys) {
        if (marks != null) {
            marks.drain(row -> keys.accept(key(row)));
        }
    }

    /** @return whether it was marked */
    boolean unmark(long bucket, int way) {
        return marks != null && marks.unmark(bucket, way);
    }

    void markAgain(long row) {
        if (marks != null) {
            marks.mark(row);
        }
    }

    /** A row's number among all places that rows can have. @param waysShift of the next power of two of a bucket's ways */
    long place(long row, int waysShift) {
        return (row >>> bucketShift << waysShift) + wayOf(row);
    }

    long row(long bucket, int way) {
        return (bucket << bucketShift) + keysBytes + (long) way * stateBytes;
    }

    private int wayOf(long row) {
        // Without a division: snapshots ask for every key.
        return (int) ((((row & (bucketBytes - 1)) - keysBytes) * reciprocal) >>> 16);
    }

    // ---- inserting and growing ----

    @Override
    public long findOrInsert(long key) {
        if (key == EMPTY) {
            throw new IllegalArgumentException("key 0 marks empty places");
        }
        long row = search(home(key), key);
        if (row == MISSING) {
            if (size >= maxRows) {
                return MISSING;
            }
            makeRoom();
            row = insert(key);
            if (row == MISSING) {
                return MISSING;
            }
            size++;
        }
        if (tracker != null) {
            tracker.touch(row >>> bucketShift);
        }
        return row;
    }

    private void makeRoom() {
        if (size >= growAt && (pivot == 0 || size >= growAt + growAt / LATE)) {
            finishGrowth();
            beginGrowth(nextBuckets());
            return;
        }
        if (pivot != 0) {
            owedSteps += bucketsAStep;
            if (owedSteps >= stepsAtOnce && hasPagesToSpread()) {
                spreadSome(Math.min(owedSteps, MOST_STEPS * Math.max(bucketsAStep, stepsAtOnce)));
            }
        }
    }

    private void spreadSome(int most) {
        long first = Math.max(0, split - most);
        touch(first, split);
        touch(first * buckets / oldBuckets, split * buckets / oldBuckets);
        for (int step = 0; step < most && pivot != 0 && hasPagesToSpread(); step++) {
            spreadNext();
            owedSteps--;
        }
    }

    /** Loads lines of buckets, so that the misses overlap. */
    private void touch(long from, long to) {
        long sum = 0;
        for (long at = from * bucketBytes; at < Math.min(end, to * bucketBytes); at += LINE) {
            sum += ANYWHERE.get(LONG, base + at);
        }
        if (sum == UNLIKELY) {
            moves++;
        }
    }

    /** Whether the next run of old buckets would be written to pages that are there. */
    private boolean hasPagesToSpread() {
        long from = freshPages.readyFrom();
        if (from != freshFrom) {
            freshFrom = from;
            spreadsFrom = from == 0 ? 0 : Math.ceilDiv(from / bucketBytes * oldBuckets, buckets) + LONGEST_RUN;
        }
        return split > spreadsFrom;
    }

    private long nextBuckets() {
        return Math.min(maxBuckets, (long) Math.ceil(buckets * layout.growth(buckets * bucketBytes)));
    }

    private void beginGrowth(long newBuckets) {
        if (newBuckets <= buckets) {
            return;
        }
        split = buckets;
        while (isFull(split - 1)) {
            split++;
        }
        oldBuckets = buckets;
        pivot = 1L << 32;
        useBuckets(newBuckets);
        owedSteps = 0;
        freshPages = FreshPages.ask(memory, oldBuckets * bucketBytes, newBuckets * bucketBytes);
        freshFrom = freshPages.readyFrom();
        spreadsFrom = freshFrom == 0 ? 0 : split;
    }

    private void finishGrowth() {
        while (pivot != 0) {
            spreadNext();
        }
    }

    /** Moves the last run of old buckets to where its rows belong now. */
    private void spreadNext() {
        long last = split;
        long first = last - 1;
        while (first > 0 && isFull(first - 1)) {
            first--;
        }
        for (long bucket = first; bucket < last; bucket++) {
            moving.take(this, bucket, tracker);
        }
        split = first;
        pivot = first == 0 ? 0 : Math.min(pivot, Math.ceilDiv(first << 32, oldBuckets));
        if (pivot == 0) {
            oldBuckets = buckets;
        }
        moving.putAll(this, tracker);
        moves++;
    }

    /** A row for a key that has none, its state zero; {@link #MISSING} at the region's end. */
    long insert(long key) {
        long bucket = home(key);
        while (bucket < end) {
            if (pivot != 0 && bucket >= split * bucketBytes && KeyHash.place(key) < pivot) {
                // A row of the old order must not lie beyond the split: its run moves first, and it is of the new one.
                spreadNext();
                bucket = home(key);
                continue;
            }
            for (int way = 0; way < ways; way++) {
                if (memory.get(LONG, bucket + 8L * way) == EMPTY) {
                    if (tracker != null) {
                        tracker.beforeChange(bucket >>> bucketShift);
                    }
                    memory.set(LONG, bucket + 8L * way, key);
                    return bucket + keysBytes + (long) way * stateBytes;
                }
            }
            bucket += bucketBytes;
        }
        return MISSING;
    }

    private boolean isFull(long bucket) {
        for (int way = 0; way < ways; way++) {
            if (memory.get(LONG, bucket * bucketBytes + 8L * way) == EMPTY) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void reserve(long rows) {
        long wanted = Math.min(maxBuckets, bucketsFor(Math.min(maxRows, size + rows)));
        if (wanted <= buckets) {
            return;
        }
        finishGrowth();
        if (size == 0) {
            settle(wanted);
        } else {
            beginGrowth(wanted);
            finishGrowth();
        }
    }

    /** In order of their hashes, here as there: neighbours come to neighbours, and nothing is searched. */
    @Override
    public long insertAll(ParameterTable from) {
        if (!(from instanceof OffHeapTable other) || !other.layout.equals(layout)) {
            return ParameterTable.super.insertAll(from);
        }
        // A little beyond its measure is better than moving all rows; the next insertion begins to grow.
        if (size + other.size > growAt + growAt / BEYOND) {
            reserve(other.size);
        }
        long before = size;
        other.forEachRow(row -> {
            long to = size < maxRows ? insert(other.key(row)) : MISSING;
            if (to != MISSING) {
                size++;
                change(to >>> bucketShift);
                copyState(other.memory, row, memory, to);
            }
        });
        return before + other.size - size;
    }

    // ---- removing ----

    @Override
    public boolean remove(long key) {
        long row = find(key);
        if (row == MISSING) {
            return false;
        }
        long hole = row >>> bucketShift;
        boolean crossed = isFull(hole);
        change(hole);
        unmark(hole, wayOf(row));
        empty(row);
        while (crossed) {
            long pulled = firstRowForHole(hole);
            if (pulled == MISSING) {
                break;
            }
            long from = pulled >>> bucketShift;
            crossed = isFull(from);
            change(from);
            long to = insertAt(hole, key(pulled));
            MemorySegment.copy(memory, pulled, memory, to, stateBytes);
            if (unmark(from, wayOf(pulled))) {
                markAgain(to);
            }
            empty(pulled);
            moves++;
            hole = from;
        }
        size--;
        if (tracker != null) {
            tracker.removed(key);
        }
        return true;
    }

    private void change(long bucket) {
        if (tracker != null) {
            tracker.touch(bucket);
        }
    }

    /** The first row behind a hole whose home is the hole's bucket or one before. */
    private long firstRowForHole(long hole) {
        for (long bucket = hole + 1; bucket * bucketBytes < end; bucket++) {
            for (int way = 0; way < ways; way++) {
                long key = memory.get(LONG, bucket * bucketBytes + 8L * way);
                if (key != EMPTY && home(key) <= hole * bucketBytes) {
                    return bucket * bucketBytes + keysBytes + (long) way * stateBytes;
                }
            }
            if (!isFull(bucket)) {
                return MISSING;
            }
        }
        return MISSING;
    }

    private long insertAt(long bucket, long key) {
        for (int way = 0; way < ways; way++) {
            long at = bucket * bucketBytes + 8L * way;
            if (memory.get(LONG, at) == EMPTY) {
                memory.set(LONG, at, key);
                return bucket * bucketBytes + keysBytes + (long) way * stateBytes;
            }
        }
        throw new IllegalStateException("bucket " + bucket + " has no hole");
    }

    private void empty(long row) {
        memory.set(LONG, keyOffset(row), EMPTY);
        memory.asSlice(row, stateBytes).fill((byte) 0);
    }

    // ---- passing over rows ----

    @Override
    public void forEachRow(LongConsumer consumer) {
        forEachRow(0, 1L << 32, consumer);
    }

    @Override
    public void forEachRow(long from, long to, LongConsumer consumer) {
        if (from >= to) {
            return;
        }
        boolean all = from <= 0 && to >= 1L << 32;
        long last = usedBuckets(to) - 1;
        for (long bucket = bucketOf(from);
                bucket <= last || (bucket * bucketBytes < end && isFull(bucket - 1));
                bucket++) {
            for (int way = 0; way < ways; way++) {
                long key = memory.get(LONG, bucket * bucketBytes + 8L * way);
                if (key != EMPTY && (all || within(key, from, to))) {
                    consumer.accept(bucket * bucketBytes + keysBytes + (long) way * stateBytes);
                }
            }
        }
    }

    private static boolean within(long key, long from, long to) {
        long place = KeyHash.place(key);
        return place >= from && place < to;
    }

    private long bucketOf(long place) {
        return (place * (place >= pivot ? buckets : oldBuckets)) >>> 32;
    }

    /** Buckets up to the home of the last place before {@code to}. */
    private long usedBuckets(long to) {
        return bucketOf(Math.min(to, 1L << 32) - 1) + 1;
    }

    long bucketNumber(long row) {
        return row >>> bucketShift;
    }

    // Words and not bulk copies, which cost more than they move: a row is few bytes.

    /** The row in a way as its key and the words of its state; false, and nothing read, when there is none. */
    boolean read(long bucket, int way, long[] words, int to) {
        long key = memory.get(LONG, bucket * bucketBytes + 8L * way);
        if (key == EMPTY) {
            return false;
        }
        long row = bucket * bucketBytes + keysBytes + (long) way * stateBytes;
        words[to] = key;
        int at = 0;
        for (; at + 8 <= stateBytes; at += 8) {
            words[to + 1 + at / 8] = memory.get(LONG, row + at);
        }
        if (at < stateBytes) {
            words[to + 1 + at / 8] = memory.get(INT, row + at);
        }
        return true;
    }

    void write(long row, long[] words, int from) {
        int at = 0;
        for (; at + 8 <= stateBytes; at += 8) {
            memory.set(LONG, row + at, words[from + at / 8]);
        }
        if (at < stateBytes) {
            memory.set(INT, row + at, (int) words[from + at / 8]);
        }
    }

    void clear(long bucket) {
        for (int at = 0; at < bucketBytes; at += 8) {
            memory.set(LONG, bucket * bucketBytes + at, 0);
        }
    }

    void forEachRowOf(long bucket, LongConsumer consumer) {
        for (int way = 0; way < ways; way++) {
            if (memory.get(LONG, bucket * bucketBytes + 8L * way) != EMPTY) {
                consumer.accept(bucket * bucketBytes + keysBytes + (long) way * stateBytes);
            }
        }
    }

    @Override
    public RowCut cut(boolean onlyChanged, RowCut.Sink sink) {
        if (tracker == null) {
            tracker = new ChangeTracker(this, end / bucketBytes);
        }
        return tracker.begin(onlyChanged, Math.min(maxBuckets, Math.max(buckets, split)) + SLACK, sink);
    }

    // ---- fields ----

    private long keyOffset(long row) {
        return (row & -bucketBytes) + (long) wayOf(row) * Long.BYTES;
    }

    @Override
    public void copyRow(long row, MemorySegment target, long offset) {
        target.set(LONG, offset, key(row));
        copyState(memory, row, target, offset + Long.BYTES);
    }

    @Override
    public void setRow(long row, MemorySegment source, long offset) {
        copyState(source, offset + Long.BYTES, memory, row);
    }

    /** By words: the general copy costs more than it moves. */
    private void copyState(MemorySegment from, long fromAt, MemorySegment to, long toAt) {
        int at = 0;
        for (; at + Long.BYTES <= stateBytes; at += Long.BYTES) {
            to.set(LONG, toAt + at, from.get(LONG, fromAt + at));
        }
        if (at < stateBytes) {
            to.set(INT, toAt + at, from.get(INT, fromAt + at));
        }
    }

    @Override
    public long key(long row) {
        return memory.get(LONG, keyOffset(row));
    }

    @Override
    public float getFloat(long row, int field) {
        return memory.get(FLOAT, row + field - Long.BYTES);
    }

    @Override
    public void setFloat(long row, int field, float value) {
        memory.set(FLOAT, row + field - Long.BYTES, value);
    }

    @Override
    public void getFloats(long row, int field, float[] to, int at, int count) {
        MemorySegment.copy(memory, FLOAT, row + field - Long.BYTES, to, at, count);
    }

    @Override
    public void setFloats(long row, int field, float[] from, int at, int count) {
        MemorySegment.copy(from, at, memory, FLOAT, row + field - Long.BYTES, count);
    }

    @Override
    public void getPairs(long[] rows, int from, int count, int field, int[] places, float[] first, float[] second) {
        for (int i = 0; i < count; i++) {
            long row = rows[from + i];
            long pair = row == MISSING ? 0 : ANYWHERE.get(LONG, base + row + field - Long.BYTES);
            first[places[i]] = Float.intBitsToFloat((int) pair);
            second[places[i]] = Float.intBitsToFloat((int) (pair >>> Integer.SIZE));
        }
        Reference.reachabilityFence(this);
    }

    @Override
    public void setPairs(long[] rows, int from, int count, int field, int[] places, float[] first, float[] second) {
        for (int i = 0; i < count; i++) {
            long row = rows[from + i];
            if (row != MISSING) {
                long pair = Integer.toUnsignedLong(Float.floatToRawIntBits(first[places[i]]))
                        | (long) Float.floatToRawIntBits(second[places[i]]) << Integer.SIZE;
                ANYWHERE.set(LONG, base + row + field - Long.BYTES, pair);
            }
        }
        Reference.reachabilityFence(this);
    }

    @Override
    public int getInt(long row, int field) {
        return memory.get(INT, row + field - Long.BYTES);
    }

    @Override
    public void setInt(long row, int field, int value) {
        memory.set(INT, row + field - Long.BYTES, value);
    }

    @Override
    public long getLong(long row, int field) {
        return memory.get(LONG, row + field - Long.BYTES);
    }

    @Override
    public void setLong(long row, int field, long value) {
        memory.set(LONG, row + field - Long.BYTES, value);
    }
}
