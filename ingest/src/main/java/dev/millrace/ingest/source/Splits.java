package dev.millrace.ingest.source;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hands the splits of many files out to workers. Any thread; every split goes to one worker, once.
 *
 * <pre>
 *  in order          split k belongs to worker k mod W: together they read in the files' order, and the same way always
 *  own files first   file f belongs to worker f mod W, who reads it from the front; one that is done takes the next
 *                    split of the worker who has most bytes left
 * </pre>
 */
public final class Splits {
    private final List<Queue> queues = new ArrayList<>();
    private final boolean stealing;
    private final long bytes;
    private long claimed;
    private int stolen;

    private static final class Queue {
        private final List<Split> splits = new ArrayList<>();
        private int next;
        private long bytesLeft;

        void add(Split split) {
            splits.add(split);
            bytesLeft += split.bytes();
        }

        @Nullable
        Split take() {
            if (next == splits.size()) {
                return null;
            }
            Split split = splits.get(next++);
            bytesLeft -= split.bytes();
            return split;
        }
    }

    private Splits(int workers, boolean stealing, long bytes) {
        for (int w = 0; w < workers; w++) {
            queues.add(new Queue());
        }
        this.stealing = stealing;
        this.bytes = bytes;
    }

    /** @param splits of all files, in order */
    public static Splits inOrder(List<Split> splits, int workers) {
        Splits made = new Splits(workers, false, bytesOf(splits));
        for (int k = 0; k < splits.size(); k++) {
            made.queues.get(k % workers).add(splits.get(k));
        }
        return made;
    }

    /** @param splits of all files, in order */
    public static Splits ownFilesFirst(List<Split> splits, int workers) {
        Splits made = new Splits(workers, true, bytesOf(splits));
        int file = -1;
        DataFile last = null;
        for (Split split : splits) {
            if (!split.file().equals(last)) {
                last = split.file();
                file++;
            }
            made.queues.get(file % workers).add(split);
        }
        return made;
    }

    private static long bytesOf(List<Split> splits) {
        return splits.stream().mapToLong(Split::bytes).sum();
    }

    /** The next split of this worker; null when there is none left for it. */
    public synchronized @Nullable Split claim(int worker) {
        Split split = queues.get(worker).take();
        if (split == null && stealing) {
            Queue slowest = queues.get(0);
            for (Queue queue : queues) {
                slowest = queue.bytesLeft > slowest.bytesLeft ? queue : slowest;
            }
            split = slowest.take();
            stolen += split == null ? 0 : 1;
        }
        claimed += split == null ? 0 : split.bytes();
        return split;
    }

    /** Of all splits. */
    public long bytes() {
        return bytes;
    }

    /** Of those that were handed out. */
    public synchronized long claimedBytes() {
        return claimed;
    }

    /** Splits that went to another worker than their file's. */
    public synchronized int stolen() {
        return stolen;
    }
}
