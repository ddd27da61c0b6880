package dev.millrace.learner.run;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.source.SampleLog;
import dev.millrace.learner.sync.DeltaTail;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotStore;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a training shard to where the delta log ends: the newest snapshot, then the batches that were published after
 * it, one by one, learned again from the samples log with the boundaries that their deltas record, and compared with
 * them. One thread.
 *
 * <p>A delta that stands on the log twice (a session that failed while writing) counts as the first; its rows are sent
 * anew. A hole in the sequence cannot be learned again: the shard goes on above the highest sequence that was taken, and
 * a snapshot, due at once, mends the replicas that wait before the hole.
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SHARD = 0;

    private final TrainingShard shard;
    private final SampleLog log;
    private final LongArrayList sendAnew = new LongArrayList();
    private long lastDeltaOffset;
    private long takenSequence;

    /** @param snapshotDue whether replicas need a snapshot to go on */
    record Recovered(TrainingShard shard, long lastDeltaOffset, boolean snapshotDue) {}

    private Recovery(TrainingShard shard, SampleLog log, long lastDeltaOffset) {
        this.shard = shard;
        this.log = log;
        this.lastDeltaOffset = lastDeltaOffset;
        this.takenSequence = shard.sequence();
    }

    static Recovered recover(LearnerConfig config, ModelSpec spec, SampleLog log) throws IOException {
        TrainingShard shard;
        long offset;
        try (SnapshotStore store = config.snapshots().store(SHARD, 1, config.keepSnapshots());
                Snapshot snapshot = store.newest().orElse(null)) {
            shard = snapshot == null
                    ? TrainingShard.empty(spec, config.steps(), config.recentIds())
                    : TrainingShard.of(spec, config.steps(), snapshot, config.recentIds());
            offset = snapshot == null ? -1 : snapshot.header().deltaOffset();
        }
        log.seek(shard::nextOffset);
        Recovery recovery = new Recovery(shard, log, offset);
        long from = offset < 0 ? -1 : offset + 1;
        DeltaTail.read(config.bootstrapServers(), spec.model(), SHARD, from, PATIENCE, recovery::published);
        return recovery.finish();
    }

    private void published(long offset, Delta delta) {
        lastDeltaOffset = offset;
        long sequence = delta.header().sequence();
        if (sequence <= shard.sequence()) {
            LOG.warn("model {}: delta {} stands on the log again", shard.spec().model(), sequence);
            sendAnew.addElements(sendAnew.size(), delta.keys());
        } else if (sequence == shard.sequence() + 1) {
            learnAgain(delta);
        } else {
            LOG.error("model {}: delta {} follows {} on the log", shard.spec().model(), sequence, shard.sequence());
        }
        takenSequence = Math.max(takenSequence, sequence);
    }

    private Recovered finish() {
        boolean hole = takenSequence > shard.sequence();
        shard.skipTo(takenSequence);
        shard.sendAnew(sendAnew.toLongArray());
        return new Recovered(shard, lastDeltaOffset, hole);
    }

    private void learnAgain(Delta published) {
        Delta.Header header = published.header();
        header.ranges()
                .forEach((partition, range) ->
                        log.readTo(partition, range.to(), PATIENCE).forEach(record -> learn(shard, record)));
        // Without a range it is a part of a larger batch: rows that were sent when weights went back to others.
        Delta again = header.ranges().isEmpty()
                ? shard.closeBatch(header.learnedMs(), published.keys().length)
                : shard.closeBatch(header.learnedMs());
        if (!sameRows(published, again)) {
            LOG.error(
                    "delta {} of model {} came out different when learned again; its rows are sent anew",
                    header.sequence(),
                    shard.spec().model());
            sendAnew.addElements(sendAnew.size(), published.keys());
            sendAnew.addElements(sendAnew.size(), again.keys());
        }
    }

    /** Learns one record, or takes note that it cannot be read. */
    static void learn(TrainingShard shard, ConsumerRecord<byte[], byte[]> record) {
        SampleBlock block = SampleLog.decode(record);
        if (block == null) {
            shard.skip(record.partition(), record.offset());
        } else {
            shard.learn(record.partition(), record.offset(), block);
        }
    }

    private static boolean sameRows(Delta a, Delta b) {
        return a.header().samples() == b.header().samples()
                && a.header().sampleIdSum() == b.header().sampleIdSum()
                && Arrays.equals(sorted(a), sorted(b));
    }

    /** Rows by key, weights as bits. */
    private static long[] sorted(Delta delta) {
        Integer[] order = new Integer[delta.keys().length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (i, j) -> Long.compare(delta.keys()[i], delta.keys()[j]));
        int width = delta.width();
        long[] rows = new long[(1 + width) * order.length];
        int to = 0;
        for (int i : order) {
            rows[to++] = delta.keys()[i];
            for (int f = 0; f < width; f++) {
                rows[to++] = Float.floatToRawIntBits(delta.weights()[delta.at(i) + f]);
            }
        }
        return rows;
    }
}
