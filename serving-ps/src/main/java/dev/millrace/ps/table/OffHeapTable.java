package dev.millrace.ps.table;

import dev.millrace.ingest.id.FeatureIds;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongConsumer;

/**
 * Open addressing with linear probing in one off-heap region of fixed-stride rows:
 *
 * <pre>
 *  place   0          1          2                      2^k - 1
 *        +----------+----------+----------+--- ... ---+----------+
 *        | key=0    | key …    | key …    |           | key=0    |   stride bytes each, key 0: empty
 *        +----------+----------+----------+--- ... ---+----------+
 *                     ^ home(key) = mix(key) & mask, then the next places
 * </pre>
 *
 * At most half full, doubled beyond that; a removal shifts the run behind it back, so there are no graves. A row's
 * number is its byte offset. The region and its mask change together, so that a reader racing with growth probes one
 * consistent region; the old one lives until no reader holds it, which only the collector knows.
 */
public final class OffHeapTable implements ParameterTable {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final int CACHE_LINE = 64;
    private static final int MIN_PLACES = 1 << 10;
    private static final long SPREAD = 0x9E3779B97F4A7C15L;

    private final RowLayout layout;
    private final int stride;
    private final long maxRows;
    private Region region;
    private long size;

    private record Region(MemorySegment memory, long mask) {}

    /** @param maxRows bound, {@code Long.MAX_VALUE} for none; memory is at most 4 × maxRows × stride, and 1.5 × that for a moment while growing */
    public OffHeapTable(RowLayout layout, long maxRows) {
        if (maxRows < 1) {
            throw new IllegalArgumentException("maxRows must be at least 1, not " + maxRows);
        }
        this.layout = layout;
        this.stride = layout.stride();
        this.maxRows = maxRows;
        this.region = allocate(MIN_PLACES);
    }

    private OffHeapTable(OffHeapTable from, long places) {
        this.layout = from.layout;
        this.stride = from.stride;
        this.maxRows = from.maxRows;
        this.region = from.copy(places);
        this.size = from.size;
    }

    private Region allocate(long places) {
        // Automatic arena, though it is the collector that frees: a racing reader may still probe the old region after
        // growth, or a whole table after it was replaced, and must not find it closed. It happens once a doubling.
        return new Region(Arena.ofAuto().allocate(places * stride, CACHE_LINE), places - 1);
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
        return region.memory.byteSize();
    }

    @Override
    public long find(long key) {
        Region r = region;
        long place = home(key) & r.mask;
        while (true) {
            long row = place * stride;
            long at = r.memory.get(LONG, row);
            if (at == key) {
                return row;
            }
            if (at == FeatureIds.NONE) {
                return MISSING;
            }
            place = (place + 1) & r.mask;
        }
    }

    @Override
    public long findOrInsert(long key) {
        if (key == FeatureIds.NONE) {
            throw new IllegalArgumentException("key 0 marks empty places");
        }
        long row = probe(region, key);
        if (region.memory.get(LONG, row) == key) {
            return row;
        }
        if (size >= maxRows) {
            return MISSING;
        }
        if (2 * (size + 1) > region.mask + 1) {
            region = copy(2 * (region.mask + 1));
            row = probe(region, key);
        }
        region.memory.set(LONG, row, key);
        size++;
        return row;
    }

    @Override
    public void reserve(int rows) {
        long places = placesWith(rows);
        if (places > region.mask + 1) {
            region = copy(places);
        }
    }

    /**
     * A table into which the next {@code rows} insertions go without growth: this one, or else a larger copy, made
     * while others may go on reading this one. O(rows of the table) when it copies.
     */
    public OffHeapTable withRoom(int rows) {
        long places = placesWith(rows);
        return places > region.mask + 1 ? new OffHeapTable(this, places) : this;
    }

    private long placesWith(int rows) {
        long wanted = 2 * Math.min(maxRows, size + rows);
        long places = region.mask + 1;
        while (places < wanted) {
            places *= 2;
        }
        return places;
    }

    private Region copy(long places) {
        Region from = region;
        Region to = allocate(places);
        for (long row = 0; row < from.memory.byteSize(); row += stride) {
            long key = from.memory.get(LONG, row);
            if (key != FeatureIds.NONE) {
                MemorySegment.copy(from.memory, row, to.memory, probe(to, key), stride);
            }
        }
        return to;
    }

    /** The key's row, or the empty one where it belongs. */
    private long probe(Region r, long key) {
        long place = home(key) & r.mask;
        while (true) {
            long row = place * stride;
            long at = r.memory.get(LONG, row);
            if (at == key || at == FeatureIds.NONE) {
                return row;
            }
            place = (place + 1) & r.mask;
        }
    }

    @Override
    public boolean remove(long key) {
        long row = find(key);
        if (row == MISSING) {
            return false;
        }
        Region r = region;
        long hole = row / stride;
        long place = hole;
        while (true) {
            place = (place + 1) & r.mask;
            long next = r.memory.get(LONG, place * stride);
            if (next == FeatureIds.NONE) {
                break;
            }
            // A row may fill the hole unless its home lies cyclically within (hole, place].
            long home = home(next) & r.mask;
            if (((place - home) & r.mask) >= ((place - hole) & r.mask)) {
                MemorySegment.copy(r.memory, place * stride, r.memory, hole * stride, stride);
                hole = place;
            }
        }
        r.memory.asSlice(hole * stride, stride).fill((byte) 0);
        size--;
        return true;
    }

    @Override
    public void forEachRow(LongConsumer consumer) {
        Region r = region;
        for (long row = 0; row < r.memory.byteSize(); row += stride) {
            if (r.memory.get(LONG, row) != FeatureIds.NONE) {
                consumer.accept(row);
            }
        }
    }

    @Override
    public void copyRow(long row, MemorySegment target, long offset) {
        MemorySegment.copy(region.memory, row, target, offset, stride);
    }

    @Override
    public void setRow(long row, MemorySegment source, long offset) {
        MemorySegment.copy(source, offset + Long.BYTES, region.memory, row + Long.BYTES, stride - Long.BYTES);
    }

    @Override
    public long key(long row) {
        return region.memory.get(LONG, row);
    }

    @Override
    public float getFloat(long row, int field) {
        return region.memory.get(FLOAT, row + field);
    }

    @Override
    public void setFloat(long row, int field, float value) {
        region.memory.set(FLOAT, row + field, value);
    }

    @Override
    public int getInt(long row, int field) {
        return region.memory.get(INT, row + field);
    }

    @Override
    public void setInt(long row, int field, int value) {
        region.memory.set(INT, row + field, value);
    }

    @Override
    public long getLong(long row, int field) {
        return region.memory.get(LONG, row + field);
    }

    @Override
    public void setLong(long row, int field, long value) {
        region.memory.set(LONG, row + field, value);
    }

    /** The id's low bits are a hash already, but its slot is not in them. */
    private static long home(long key) {
        long h = key * SPREAD;
        return h ^ (h >>> 32);
    }
}
