package dev.millrace.learner.run;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.source.SampleLog;
import dev.millrace.learner.sync.DeltaPublisher;
import dev.millrace.learner.training.LifeLog;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.network.NetworkModel;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.snapshot.SnapshotWriter;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of the learner, from a restored shard until it is closed or fails: poll, learn, publish a delta, and now and
 * then a snapshot, whose rows are handed out in slices between batches and written behind.
 */
final class LearningSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LearningSession.class);
    private static final Duration POLL = Duration.ofMillis(100);
    /** What a snapshot may take between two batches. */
    private static final Duration SLICE = Duration.ofMillis(10);

    private static final int MAX_IDLE_BATCHES = 1_000;
    private static final long LAYER_BYTES_A_SECOND = 10_000_000;

    private final LearnerConfig config;
    private final Clock clock;
    private final TrainingShard shard;
    private final SampleLog log;
    private final DeltaPublisher publisher;
    private final LifeLog life;
    private final SnapshotStore store;
    private final SnapshotWriter snapshots;
    private long snapshotSequence;
    private long snapshotSamples;
    private long nextSnapshotNs;
    /** Most rows that a batch may have changed when it is closed. */
    private final int deltaRows;
    /** The layers of a network travel whole with each delta: not more often than the log should bear. */
    private final long publishEveryNs;

    private long publishedNs;

    private LearningSession(
            LearnerConfig config, Clock clock, TrainingShard shard, SampleLog log, DeltaPublisher publisher) {
        this.config = config;
        this.clock = clock;
        this.shard = shard;
        this.log = log;
        this.publisher = publisher;
        this.store = config.snapshots()
                .store(shard.state().id().shard(), shard.state().id().shards(), config.keepSnapshots());
        this.snapshots = new SnapshotWriter(
                store,
                SnapshotWriter.Config.defaults(),
                "snapshots-" + shard.spec().model());
        this.snapshotSequence = shard.sequence();
        this.snapshotSamples = shard.samples();
        this.life = new LifeLog(shard.state(), System.nanoTime());
        // The first one soon: a process that dies again has less to learn again.
        this.nextSnapshotNs = System.nanoTime();
        int width = shard.spec().rowWidth();
        // Half, since a record more may change as many again.
        this.deltaRows = Math.min(config.maxDeltaRows(), DeltaCodec.maxRows(width) / 2);
        long layers = (long) new NetworkModel(shard.spec()).denseRows() * (Long.BYTES + width * Float.BYTES);
        this.publishEveryNs = layers * TimeUnit.SECONDS.toNanos(1) / LAYER_BYTES_A_SECOND;
        this.publishedNs = System.nanoTime() - publishEveryNs;
    }

    static LearningSession open(LearnerConfig config, ModelSpec spec, Clock clock) throws IOException {
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
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
    }

    /** Learns what is there, waiting a moment for it. */
    void step() throws InterruptedException {
        for (ConsumerRecord<byte[], byte[]> record : log.poll(POLL)) {
            Recovery.learn(shard, record);
            if (shard.touchedRows() >= deltaRows) {
                publish();
            }
        }
        if (System.nanoTime() - publishedNs >= publishEveryNs) {
            publish();
        }
        life.say(System.nanoTime());
        snapshots.advance(SLICE.toNanos());
        if (System.nanoTime() - nextSnapshotNs >= 0 && snapshots.idle() && !shard.hasOpenBatch() && worthASnapshot()) {
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
            publishedNs = System.nanoTime();
        }
    }

    /** A failure costs nothing but time at the next start: the log stands, and the next interval tries again. */
    private void beginSnapshot() {
        shard.beginSnapshot(snapshots, publisher.acknowledged());
        snapshotSequence = shard.sequence();
        snapshotSamples = shard.samples();
        nextSnapshotNs = System.nanoTime() + config.snapshotInterval().toNanos();
    }

    /** Publishes what is open and writes a last snapshot. */
    void snapshot() throws InterruptedException {
        publish();
        snapshots.complete();
        if (shard.sequence() != snapshotSequence) {
            beginSnapshot();
            snapshots.complete();
        }
    }

    @Override
    public void close() {
        publisher.close();
        log.close();
        // Waits: a folder has one writer, also over two sessions.
        snapshots.close();
        store.close();
    }
}
