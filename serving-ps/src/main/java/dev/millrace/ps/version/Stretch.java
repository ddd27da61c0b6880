package dev.millrace.ps.version;

import java.util.Collection;

/** Records {@code from .. to-1} of one samples partition. */
public record Stretch(int partition, long from, long to) {
    public Stretch {
        if (partition < 0 || from < 0 || to < from) {
            throw new IllegalArgumentException("stretch: partition " + partition + ", records " + from + ".." + to);
        }
    }

    public boolean contains(int ofPartition, long offset) {
        return partition == ofPartition && offset >= from && offset < to;
    }

    /** Whether one of them does. */
    public static boolean contain(Collection<Stretch> stretches, int partition, long offset) {
        for (Stretch stretch : stretches) {
            if (stretch.contains(partition, offset)) {
                return true;
            }
        }
        return false;
    }
}
