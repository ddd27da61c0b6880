package dev.millrace.ps.parity;

import dev.millrace.ps.delta.Delta;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one shard's comparisons have found, range by range. When the number of ranges changes with the number of rows,
 * what is known of the rows is kept. Safe for many threads: one compares, any reads.
 */
public final class ParityTracker {
    private static final long NEVER = 0;

    private final int shard;
    private int rangeBits;
    /** By range: the delta that it was compared with, {@link #NEVER} if none, and when. */
    private long[] sequences = {NEVER};

    private long[] comparedMs = {0};
    private boolean[] differs = {false};
    private long equalAt;
    private Map<Integer, Long> offsets = Map.of();
    private long mismatches;
    private long mends;

    public ParityTracker(int shard) {
        this.shard = shard;
    }

    /**
     * Takes note of a comparison.
     *
     * @param here this side's digest of the range of {@code training}
     * @param sampleOffsets what the delta includes of the samples
     * @return whether this is the first range that differs since all that were compared were equal
     */
    public synchronized boolean compared(
            long sequence, Delta.Parity training, Delta.Parity here, Map<Integer, Long> sampleOffsets, long nowMs) {
        divide(training.rangeBits());
        boolean alreadyKnown = differs();
        int range = training.range();
        sequences[range] = sequence;
        comparedMs[range] = nowMs;
        differs[range] = !training.equals(here);
        if (differs[range]) {
            mismatches++;
            return !alreadyKnown;
        }
        equalAt = sequence;
        offsets = sampleOffsets;
        return false;
    }

    /** The shard's rows were replaced: what was compared before says nothing of them. */
    public synchronized void replaced(boolean becauseOfMismatch) {
        Arrays.fill(sequences, NEVER);
        Arrays.fill(differs, false);
        mends += becauseOfMismatch ? 1 : 0;
    }

    /** A range that is divided leaves what is known to its parts; one that is made of two is what both are. */
    private void divide(int bits) {
        if (bits == rangeBits) {
            return;
        }
        int ranges = 1 << bits;
        long[] newSequences = new long[ranges];
        long[] newComparedMs = new long[ranges];
        boolean[] newDiffers = new boolean[ranges];
        for (int range = 0; range < ranges; range++) {
            int first = bits > rangeBits ? range >> (bits - rangeBits) : range << (rangeBits - bits);
            int last = bits > rangeBits ? first : ((range + 1) << (rangeBits - bits)) - 1;
            int oldest = first;
            for (int old = first; old <= last; old++) {
                oldest = sequences[old] < sequences[oldest] ? old : oldest;
                newDiffers[range] |= differs[old];
            }
            newSequences[range] = sequences[oldest];
            newComparedMs[range] = comparedMs[oldest];
        }
        rangeBits = bits;
        sequences = newSequences;
        comparedMs = newComparedMs;
        differs = newDiffers;
    }

    /** Whether some range differed when it was last compared. */
    public synchronized boolean differs() {
        for (boolean one : differs) {
            if (one) {
                return true;
            }
        }
        return false;
    }

    public synchronized long mismatches() {
        return mismatches;
    }

    /** O(ranges). */
    public synchronized ShardParity report() {
        List<Integer> differing = new ArrayList<>();
        int compared = 0;
        int oldest = 0;
        for (int range = 0; range < sequences.length; range++) {
            compared += sequences[range] == NEVER ? 0 : 1;
            oldest = sequences[range] < sequences[oldest] ? range : oldest;
            if (differs[range] && differing.size() < ShardParity.MAX_NAMED) {
                differing.add(range);
            }
        }
        boolean all = compared == sequences.length;
        return new ShardParity(
                shard,
                equal(differing, all),
                equalAt,
                offsets,
                sequences.length,
                compared,
                all ? (Long) comparedMs[oldest] : null,
                sequences[oldest],
                List.copyOf(differing),
                mismatches,
                mends);
    }

    private static @Nullable Boolean equal(List<Integer> differing, boolean all) {
        if (!differing.isEmpty()) {
            return false;
        }
        return all ? true : null;
    }
}
