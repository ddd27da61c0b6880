package dev.millrace.learner.run;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.source.SampleLog;
import dev.millrace.learner.sync.DeltaPublisher;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of the learner, from a restored shard until it is closed or fails: poll, learn, publish a delta, and now and
 * then a snapshot, whose rows are copied between two batches and written behind.
 */
final class LearningSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LearningSession.class);
    private static final Duration POLL = Duration.ofMillis(100);

    private final LearnerConfig config;
    private final Clock clock;
    private final TrainingShard shard;
    private final SampleLog log;
    private final DeltaPublisher publisher;
    private final SnapshotFolder folder;
    private CompletableFuture<Void> writing = CompletableFuture.completedFuture(null);
    private long snapshotSequence;
    private long nextSnapshotNs;

    private LearningSession(
            LearnerConfig config, Clock clock, TrainingShard shard, SampleLog log, DeltaPublisher publisher) {
        this.config = config;
        this.clock = clock;
        this.shard = shard;
        this.log = log;
        this.publisher = publisher;
        this.folder = new SnapshotFolder(config.snapshots(), config.keepSnapshots());
        this.snapshotSequence = shard.sequence();
        this.nextSnapshotNs = System.nanoTime() + config.snapshotInterval().toNanos();
    }

    static LearningSession open(LearnerConfig config, ModelSpec spec, Clock clock) throws IOException {
        SampleLog log = new SampleLog(config.bootstrapServers(), spec.model(), config.maxPollRecords());
        try {
            Recovery.Recovered recovered = new Recovery(config, spec).recover(log);
            TrainingShard shard = recovered.shard();
            LOG.info(
                    "learner of {} starts at sequence {}: {} samples, {} rows",
                    spec.model(),
                    shard.sequence(),
                    shard.samples(),
                    shard.rows());
            log.seek(shard::nextOffset);
            var publisher = new DeltaPublisher(config.bootstrapServers(), spec.model(), recovered.lastDeltaOffset());
            return new LearningSession(config, clock, shard, log, publisher);
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
    }

    /** Learns what is there, waiting a moment for it. */
    void step() throws InterruptedException {
        for (ConsumerRecord<byte[], byte[]> record : log.poll(POLL)) {
            Recovery.learn(shard, record);
            if (shard.touchedRows() >= config.maxDeltaRows()) {
                publish();
            }
        }
        publish();
        if (System.nanoTime() - nextSnapshotNs >= 0 && writing.isDone() && shard.sequence() != snapshotSequence) {
            beginSnapshot();
        }
    }

    private void publish() throws InterruptedException {
        if (shard.hasOpenBatch()) {
            publisher.send(shard.closeBatch(clock.millis()));
        }
    }

    private void beginSnapshot() throws InterruptedException {
        // Acknowledged first: a snapshot must not be ahead of the log.
        Snapshot snapshot = shard.snapshot(publisher.flush());
        snapshotSequence = shard.sequence();
        nextSnapshotNs = System.nanoTime() + config.snapshotInterval().toNanos();
        writing.join();
        writing = CompletableFuture.runAsync(() -> write(snapshot));
    }

    private void write(Snapshot snapshot) {
        try {
            folder.write(snapshot);
        } catch (IOException e) {
            throw new CompletionException(
                    "cannot write the snapshot at sequence " + snapshot.header().sequence(), e);
        }
    }

    /** Writes a snapshot of everything and waits for it. */
    void snapshot() throws InterruptedException {
        publish();
        if (shard.sequence() != snapshotSequence) {
            beginSnapshot();
        }
        writing.join();
    }

    @Override
    public void close() {
        publisher.close();
        log.close();
    }
}
