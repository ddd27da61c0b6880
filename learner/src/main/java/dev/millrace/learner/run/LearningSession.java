package dev.millrace.learner.run;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.source.SampleLog;
import dev.millrace.learner.sync.DeltaPublisher;
import dev.millrace.learner.training.LifeLog;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.snapshot.SnapshotFolder;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
    private static final int MAX_IDLE_BATCHES = 1_000;

    private final LearnerConfig config;
    private final Clock clock;
    private final TrainingShard shard;
    private final SampleLog log;
    private final DeltaPublisher publisher;
    private final SnapshotFolder folder;
    private final ExecutorService writer;
    private final LifeLog life;
    private Future<?> writing = CompletableFuture.completedFuture(null);
    private long snapshotSequence;
    private long snapshotSamples;
    private long nextSnapshotNs;

    private LearningSession(
            LearnerConfig config, Clock clock, TrainingShard shard, SampleLog log, DeltaPublisher publisher) {
        this.config = config;
        this.clock = clock;
        this.shard = shard;
        this.log = log;
        this.publisher = publisher;
        this.folder = new SnapshotFolder(config.snapshots(), config.keepSnapshots());
        this.writer = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name("snapshots-" + shard.spec().model()).factory());
        this.snapshotSequence = shard.sequence();
        this.snapshotSamples = shard.samples();
        this.life = new LifeLog(shard.state(), System.nanoTime());
        // The first one soon: a process that dies again has less to learn again.
        this.nextSnapshotNs = System.nanoTime();
    }

    static LearningSession open(LearnerConfig config, ModelSpec spec, Clock clock)
            throws IOException, InterruptedException {
        SampleLog log = new SampleLog(config.bootstrapServers(), spec.model(), config.maxPollRecords());
        try {
            Recovery.Recovered recovered = Recovery.recover(config, spec, log);
            TrainingShard shard = recovered.shard();
            LOG.info(
                    "learner of {} starts at sequence {}: {} samples, {} rows",
                    spec.model(),
                    shard.sequence(),
                    shard.samples(),
                    shard.rows());
            log.seek(shard::nextOffset);
            var publisher = new DeltaPublisher(config.bootstrapServers(), spec.model(), recovered.lastDeltaOffset());
            LearningSession session = new LearningSession(config, clock, shard, log, publisher);
            if (recovered.snapshotDue()) {
                session.beginSnapshot();
            }
            return session;
        } catch (IOException | InterruptedException | RuntimeException e) {
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
        life.say(System.nanoTime());
        if (System.nanoTime() - nextSnapshotNs >= 0 && writing.isDone() && worthASnapshot()) {
            beginSnapshot();
        }
    }

    /** Not for the empty batches of an idle log, unless there are many to read again. */
    private boolean worthASnapshot() {
        return shard.samples() != snapshotSamples || shard.sequence() - snapshotSequence > MAX_IDLE_BATCHES;
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
        snapshotSamples = shard.samples();
        nextSnapshotNs = System.nanoTime() + config.snapshotInterval().toNanos();
        writing = writer.submit(() -> write(snapshot));
    }

    /** A failure costs nothing but time at the next start: the log stands, and the next interval tries again. */
    private void write(Snapshot snapshot) {
        try (snapshot) {
            folder.write(snapshot);
        } catch (IOException | RuntimeException e) {
            LOG.error(
                    "the snapshot of {} at sequence {} could not be written to {}",
                    shard.spec().model(),
                    snapshot.header().sequence(),
                    config.snapshots(),
                    e);
        }
    }

    /** Publishes what is open and writes a last snapshot; {@link #close} waits for it. */
    void snapshot() throws InterruptedException {
        publish();
        if (shard.sequence() != snapshotSequence) {
            beginSnapshot();
        }
    }

    @Override
    public void close() {
        publisher.close();
        log.close();
        // Waits: a folder has one writer, also over two sessions.
        writer.close();
    }
}
