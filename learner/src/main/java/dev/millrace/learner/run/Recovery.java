package dev.millrace.learner.run;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.source.SampleLog;
import dev.millrace.learner.sync.DeltaTail;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a training shard to where the delta log ends: the newest snapshot, then the batches that were published after
 * it, learned again from the samples log with the boundaries that their deltas record, and compared with them.
 */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int SHARD = 0;

    private final LearnerConfig config;
    private final ModelSpec spec;
    private long lastDeltaOffset = -1;

    record Recovered(TrainingShard shard, long lastDeltaOffset) {}

    Recovery(LearnerConfig config, ModelSpec spec) {
        this.config = config;
        this.spec = spec;
    }

    Recovered recover(SampleLog log) throws IOException {
        Snapshot snapshot = new SnapshotFolder(config.snapshots(), config.keepSnapshots())
                .newest()
                .orElse(null);
        TrainingShard shard = snapshot == null
                ? TrainingShard.empty(spec, config.recentIds())
                : TrainingShard.of(spec, snapshot, config.recentIds());
        if (snapshot != null) {
            lastDeltaOffset = snapshot.header().deltaOffset();
        }
        List<Delta> published = publishedAfter(shard.sequence());
        Map<Integer, Deque<ConsumerRecord<byte[], byte[]>>> records = recordsOf(published, log);
        published.forEach(delta -> learnAgain(shard, delta, records));
        return new Recovered(shard, lastDeltaOffset);
    }

    private List<Delta> publishedAfter(long sequence) {
        List<Delta> deltas = new ArrayList<>();
        long from = lastDeltaOffset < 0 ? -1 : lastDeltaOffset + 1;
        DeltaTail.read(config.bootstrapServers(), spec.model(), SHARD, from, PATIENCE, (offset, delta) -> {
            lastDeltaOffset = offset;
            if (delta.header().sequence() > sequence) {
                deltas.add(delta);
            }
        });
        return deltas;
    }

    private static Map<Integer, Deque<ConsumerRecord<byte[], byte[]>>> recordsOf(List<Delta> deltas, SampleLog log) {
        SortedMap<Integer, Delta.Range> spans = new TreeMap<>();
        for (Delta delta : deltas) {
            delta.header()
                    .ranges()
                    .forEach((partition, range) -> spans.merge(
                            partition, range, (a, b) -> new Delta.Range(Math.min(a.from(), b.from()), b.to())));
        }
        Map<Integer, Deque<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
        spans.forEach((partition, span) ->
                records.put(partition, new ArrayDeque<>(log.readRange(partition, span.from(), span.to(), PATIENCE))));
        return records;
    }

    private static void learnAgain(
            TrainingShard shard, Delta published, Map<Integer, Deque<ConsumerRecord<byte[], byte[]>>> records) {
        Delta.Header header = published.header();
        if (header.sequence() != shard.sequence() + 1) {
            throw new IllegalStateException("delta " + header.sequence() + " of model "
                    + shard.spec().model() + " follows " + shard.sequence() + " on the log; a snapshot is missing");
        }
        header.ranges().forEach((partition, range) -> {
            Deque<ConsumerRecord<byte[], byte[]>> waiting = Objects.requireNonNull(records.get(partition));
            while (!waiting.isEmpty() && waiting.getFirst().offset() < range.to()) {
                learn(shard, waiting.removeFirst());
            }
        });
        Delta again = shard.closeBatch(header.learnedMs());
        if (!sameRows(published, again)) {
            LOG.error(
                    "delta {} of model {} came out different when learned again; its rows are sent anew",
                    header.sequence(),
                    shard.spec().model());
            shard.touch(published.keys());
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
        long[] rows = new long[2 * order.length];
        for (int i = 0; i < order.length; i++) {
            rows[2 * i] = delta.keys()[order[i]];
            rows[2 * i + 1] = Float.floatToRawIntBits(delta.weights()[order[i]]);
        }
        return rows;
    }
}
