package dev.millrace.ps.table;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;

/** The oracle: a hash map of byte arrays, rows named by a counter. */
final class ReferenceTable implements ParameterTable {
    private final RowLayout layout;
    private final long maxRows;
    private final Map<Long, Long> rowByKey = new HashMap<>();
    private final Map<Long, MemorySegment> rows = new HashMap<>();
    private final Set<Long> marked = new HashSet<>();
    private long next;

    ReferenceTable(RowLayout layout, long maxRows) {
        this.layout = layout;
        this.maxRows = maxRows;
    }

    @Override
    public RowLayout layout() {
        return layout;
    }

    @Override
    public long size() {
        return rowByKey.size();
    }

    @Override
    public long bytes() {
        return size() * layout.stride();
    }

    @Override
    public long find(long key) {
        return rowByKey.getOrDefault(key, MISSING);
    }

    @Override
    public long findOrInsert(long key) {
        if (key == 0) {
            throw new IllegalArgumentException("key 0");
        }
        if (!rowByKey.containsKey(key)) {
            if (size() >= maxRows) {
                return MISSING;
            }
            // Longs behind it, so that every field is aligned.
            MemorySegment row = MemorySegment.ofArray(new long[Math.ceilDiv(layout.stride(), Long.BYTES)]);
            row.set(java.lang.foreign.ValueLayout.JAVA_LONG, RowLayout.KEY, key);
            rows.put(next, row);
            rowByKey.put(key, next++);
        }
        return find(key);
    }

    @Override
    public void willChange(long row) {}

    @Override
    public long moves() {
        return 0;
    }

    @Override
    public void mark(long[] those, int from, int count) {
        for (int i = from; i < from + count; i++) {
            if (those[i] != MISSING) {
                marked.add(key(those[i]));
            }
        }
    }

    @Override
    public long marked() {
        return marked.size();
    }

    @Override
    public void takeMarked(LongConsumer keys) {
        marked.forEach(keys::accept);
        marked.clear();
    }

    @Override
    public void findAll(long[] keys, int from, int count, long[] found) {
        for (int i = 0; i < count; i++) {
            found[i] = find(keys[from + i]);
        }
    }

    @Override
    public void getFloats(long[] keys, int count, int field, float[] to) {
        for (int i = 0; i < count; i++) {
            long row = find(keys[i]);
            to[i] = row == MISSING ? 0f : getFloat(row, field);
        }
    }

    @Override
    public void findOrInsertAll(long[] keys, int from, int count, long[] found) {
        for (int i = 0; i < count; i++) {
            found[i] = findOrInsert(keys[from + i]);
        }
    }

    /** Copies all at once. */
    @Override
    public RowCut cut(boolean onlyChanged, RowCut.Sink sink) {
        ReferenceTable then = new ReferenceTable(layout, maxRows);
        rows.forEach((row, bytes) -> then.setRow(then.findOrInsert(key(row)), bytes, 0));
        return new RowCut() {
            private boolean complete;

            @Override
            public boolean advance(int buckets) {
                if (!complete) {
                    then.forEachRow(row -> sink.row(then, row));
                }
                complete = true;
                return true;
            }

            @Override
            public boolean whole() {
                return true;
            }

            @Override
            public long[] removed() {
                return new long[0];
            }

            @Override
            public void close() {
                complete = true;
            }
        };
    }

    @Override
    public void reserve(long rows) {
        // Rows never move here.
    }

    @Override
    public boolean remove(long key) {
        Long row = rowByKey.remove(key);
        marked.remove(key);
        if (row != null) {
            rows.remove(row);
        }
        return row != null;
    }

    @Override
    public void forEachRow(LongConsumer consumer) {
        rows.keySet().forEach(consumer::accept);
    }

    private MemorySegment at(long row) {
        MemorySegment found = rows.get(row);
        if (found == null) {
            throw new IllegalStateException("no row " + row);
        }
        return found;
    }

    @Override
    public void copyRow(long row, MemorySegment target, long offset) {
        MemorySegment.copy(at(row), 0, target, offset, layout.stride());
    }

    @Override
    public void setRow(long row, MemorySegment source, long offset) {
        MemorySegment.copy(source, offset + Long.BYTES, at(row), Long.BYTES, layout.stride() - Long.BYTES);
    }

    @Override
    public long key(long row) {
        return getLong(row, RowLayout.KEY);
    }

    @Override
    public float getFloat(long row, int field) {
        return at(row).get(java.lang.foreign.ValueLayout.JAVA_FLOAT, field);
    }

    @Override
    public void setFloat(long row, int field, float value) {
        at(row).set(java.lang.foreign.ValueLayout.JAVA_FLOAT, field, value);
    }

    @Override
    public void getFloats(long row, int field, float[] to, int at, int count) {
        for (int i = 0; i < count; i++) {
            to[at + i] = getFloat(row, field + i * Float.BYTES);
        }
    }

    @Override
    public void setFloats(long row, int field, float[] from, int at, int count) {
        for (int i = 0; i < count; i++) {
            setFloat(row, field + i * Float.BYTES, from[at + i]);
        }
    }

    @Override
    public int getInt(long row, int field) {
        return at(row).get(java.lang.foreign.ValueLayout.JAVA_INT, field);
    }

    @Override
    public void setInt(long row, int field, int value) {
        at(row).set(java.lang.foreign.ValueLayout.JAVA_INT, field, value);
    }

    @Override
    public long getLong(long row, int field) {
        return at(row).get(java.lang.foreign.ValueLayout.JAVA_LONG, field);
    }

    @Override
    public void setLong(long row, int field, long value) {
        at(row).set(java.lang.foreign.ValueLayout.JAVA_LONG, field, value);
    }
}
