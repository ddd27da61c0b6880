package dev.millrace.learner.remote.worker;

import dev.millrace.learner.remote.push.SampleBatch;
import dev.millrace.learner.training.RecentIds;
import org.jspecify.annotations.Nullable;

/**
 * One partition of the samples that the worker owns.
 *
 * <pre>
 *  NEW        nobody knows yet where to go on
 *  WARMING    reads the records before that place, to know the latest sample ids
 *  RUNNING    cuts batches
 * </pre>
 *
 * The worker's thread.
 */
final class PartitionWork {
    private static final int MOST_WINDOW_RECORDS = 1 << 24;
    private static final int WIDER = 4;

    private final int partition;
    private final long epoch;
    private final SampleFeed feed;
    private final WorkerConfig config;
    private Phase phase = Phase.NEW;
    private RecentIds recent = new RecentIds(1);
    private int windowRecords;
    private long openedAt;
    private long cursor = -1;
    private boolean toPlan = true;

    enum Phase {
        NEW,
        WARMING,
        RUNNING
    }

    PartitionWork(int partition, long epoch, SampleFeed feed, WorkerConfig config) {
        this.partition = partition;
        this.epoch = epoch;
        this.feed = feed;
        this.config = config;
        this.windowRecords = config.windowRecords();
    }

    /** Of the learner's ownership. */
    long epoch() {
        return epoch;
    }

    /** The first record that is in no batch; −1: not known yet. */
    long cursor() {
        return cursor;
    }

    /** Where to go on is to be decided, once every shard has said where it is. */
    void plan(boolean isToPlan) {
        toPlan = isToPlan;
    }

    boolean isToPlan() {
        return toPlan;
    }

    /** Goes on at this record. */
    void openAt(long offset) {
        cursor = offset;
        phase = Phase.WARMING;
        recent = new RecentIds(config.recentIds());
        openedAt = Math.max(0, offset - windowRecords);
        feed.open(partition, openedAt);
    }

    /** Takes note of the ids before the cursor, as far as their records are there. */
    void warm() {
        if (phase != Phase.WARMING) {
            return;
        }
        SampleFeed.Fed fed = feed.peek(partition);
        while (fed != null && fed.offset() < cursor) {
            note(fed);
            feed.advance(partition);
            fed = feed.peek(partition);
        }
        long beginning = feed.beginning(partition);
        if (fed == null && feed.position(partition) < cursor) {
            return;
        }
        if (!recent.isFull() && beginning >= 0 && openedAt > beginning && windowRecords < MOST_WINDOW_RECORDS) {
            windowRecords *= WIDER;
            openAt(cursor);
        } else {
            phase = Phase.RUNNING;
        }
    }

    private void note(SampleFeed.Fed fed) {
        if (fed.block() != null) {
            for (int i = 0; i < fed.block().size(); i++) {
                recent.add(fed.block().sampleId(i));
            }
        }
    }

    boolean hasRecord() {
        return !toPlan && phase == Phase.RUNNING && feed.peek(partition) != null;
    }

    /**
     * Cuts the next batch from what is there.
     *
     * @param limit offset that it must not reach over; what some shard has applied already begins there
     * @param mostSamples of it, unless its first record has more
     * @return null: no record is there
     */
    @Nullable
    SampleBatch cut(long fingerprint, long limit, int mostSamples) {
        SampleBatch batch = new SampleBatch(partition, cursor, fingerprint, recent::add);
        SampleFeed.Fed fed = feed.peek(partition);
        if (fed == null) {
            return null;
        }
        int samples = 0;
        for (int n = 0; fed != null && fed.offset() < limit && n < config.maxBatchRecords(); n++) {
            int more = fed.block() == null ? 0 : fed.block().size();
            if (n > 0 && samples + more > mostSamples) {
                break;
            }
            samples += more;
            batch.add(fed.offset(), fed.block());
            feed.advance(partition);
            fed = batch.features() < config.maxBatchFeatures() ? feed.peek(partition) : null;
        }
        if (batch.isEmpty()) {
            // The log no longer holds the records up to there.
            batch.extendTo(limit);
        }
        cursor = batch.next();
        return batch;
    }

    /** For whoever asks why it waits. */
    @Override
    public String toString() {
        return phase + (toPlan ? " to plan" : "") + " at " + cursor + ", feed at " + feed.position(partition);
    }
}
