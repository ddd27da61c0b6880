package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;

/** Ids of the latest samples, which the online learner recognizes when they come again. One thread. */
final class RecentRing {
    private final long[] ring;
    private long added;

    RecentRing(int capacity) {
        ring = new long[capacity];
    }

    void add(SampleBlock block) {
        int at = (int) (added % ring.length);
        for (int i = Math.max(0, block.size() - ring.length); i < block.size(); i++) {
            ring[at] = block.sampleId(i);
            at = at + 1 == ring.length ? 0 : at + 1;
            added++;
        }
    }

    /** Oldest first. */
    long[] toArray() {
        int n = (int) Math.min(added, ring.length);
        long[] out = new long[n];
        for (int i = 0; i < n; i++) {
            out[i] = ring[(int) ((added - n + i) % ring.length)];
        }
        return out;
    }
}
