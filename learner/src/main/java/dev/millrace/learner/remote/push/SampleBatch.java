package dev.millrace.learner.remote.push;

import dev.millrace.ingest.sample.SampleBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive records of one samples partition, and which of their samples are to be learned: not those that came
 * before, of another spec, or with a number that is none. Which they are follows from the records alone, never from
 * weights, so that whoever reads them again learns the same samples. One thread.
 */
public final class SampleBatch {
    private final int partition;
    private final long fingerprint;
    private final long first;
    private final LongPredicate isNew;
    private final List<Chosen> chosen = new ArrayList<>();
    private long next;
    private long watermarkMs;
    private int features;
    private int duplicates;
    private int refused;

    record Chosen(SampleBlock block, int sample) {}

    /** @param isNew takes note of a sample's id, and says whether it was not among the recent ones */
    public SampleBatch(int partition, long first, long fingerprint, LongPredicate isNew) {
        this.partition = partition;
        this.first = first;
        this.next = first;
        this.fingerprint = fingerprint;
        this.isNew = isNew;
    }

    /** Adds a record; null: it could not be read. Offsets between two records belong to the batch too. */
    public void add(long offset, @Nullable SampleBlock block) {
        next = offset + 1;
        if (block == null) {
            refused++;
            return;
        }
        watermarkMs = Math.max(watermarkMs, block.header().watermarkMs());
        for (int i = 0; i < block.size(); i++) {
            if (block.header().specFingerprint() != fingerprint) {
                refused++;
            } else if (!isNew.test(block.sampleId(i))) {
                duplicates++;
            } else if (!isFinite(block, i)) {
                refused++;
            } else {
                chosen.add(new Chosen(block, i));
                features += block.offset(i + 1) - block.offset(i);
            }
        }
    }

    /** Makes it end here, though no record stands before. */
    public void extendTo(long offset) {
        next = Math.max(next, offset);
    }

    private static boolean isFinite(SampleBlock block, int i) {
        float keepRate = block.keepRate(i);
        boolean finite = Float.isFinite(block.label(i))
                && Float.isFinite(block.weight(i))
                && Float.isFinite(keepRate)
                && keepRate > 0;
        for (int f = block.offset(i); f < block.offset(i + 1) && finite; f++) {
            finite = Float.isFinite(block.featureValue(f));
        }
        return finite;
    }

    public int partition() {
        return partition;
    }

    public long first() {
        return first;
    }

    /** Offset after the last record. */
    public long next() {
        return next;
    }

    public boolean isEmpty() {
        return next == first;
    }

    /** Of the samples to learn, all together: what a batch is bounded by. */
    public int features() {
        return features;
    }

    List<Chosen> chosen() {
        return chosen;
    }

    int duplicates() {
        return duplicates;
    }

    int refused() {
        return refused;
    }

    long watermarkMs() {
        return watermarkMs;
    }
}
