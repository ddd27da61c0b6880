package dev.millrace.ps.serve;

import dev.millrace.ps.delta.Delta;
import java.util.concurrent.atomic.LongAdder;

/** Where rows went since the process began. The applying thread counts, any thread reads. */
final class RowCounts {
    private final LongAdder removed = new LongAdder();
    private final LongAdder evicted = new LongAdder();

    void applied(Delta delta) {
        removed.add(delta.tombstones());
    }

    void evicted(long rows) {
        evicted.add(rows);
    }

    StoreStats stats(long bytes, long rowsInMemory) {
        return new StoreStats(bytes, rowsInMemory, removed.sum(), evicted.sum());
    }
}
