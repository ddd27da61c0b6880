package dev.millrace.learner.run;

import dev.millrace.ingest.proto.DirectiveDone;
import dev.millrace.ingest.proto.GateReport;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.bus.Gate;
import dev.millrace.learner.bus.TurnBack;
import dev.millrace.learner.source.SampleLog;
import dev.millrace.learner.sync.DeltaPublisher;
import dev.millrace.learner.training.LifeLog;
import dev.millrace.learner.training.TrainingShard;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.network.NetworkModel;
import dev.millrace.ps.snapshot.SnapshotStore;
import dev.millrace.ps.snapshot.SnapshotWriter;
import dev.millrace.ps.version.Directive;
import dev.millrace.ps.version.VersionBook;
import dev.millrace.ps.version.VersionEvents;
import dev.millrace.ps.version.VersionEvents.Said;
import dev.millrace.ps.version.VersionLog;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of the learner, from a restored shard until it is closed or fails: poll, learn, publish a delta, and now and
 * then a snapshot, whose rows are handed out in slices between batches and written behind.
 */
final class LearningSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LearningSession.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration LEAST_POLL = Duration.ofMillis(2);
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
    private final VersionLog versions;
    private final Gate gate;
    /** Whether the gate has said that nothing more is to be published before a directive was carried out. */
    private boolean frozen;
    /** Sequence of the last delta that was sent. */
    private long published;

    private long snapshotSequence;
    private long snapshotSamples;
    private long nextSnapshotNs;
    /** Most rows that a batch may have changed when it is closed. */
    private final int deltaRows;
    /** The last asking for a version that a snapshot of this session answers. */
    private long answered = -1;
    /** Most that a delta takes. */
    private final int maxRows;
    /** Samples partition to the first record that is not learned while it waits. */
    private final Map<Integer, Long> heldAt = new HashMap<>();
    /** At least the config's; the layers of a network travel whole with each delta, and not more often than the log should bear. */
    private final long publishEveryNs;

    private long publishedNs;

    private LearningSession(
            LearnerConfig config,
            Clock clock,
            TrainingShard shard,
            SampleLog log,
            DeltaPublisher publisher,
            VersionLog versions) {
        this.versions = versions;
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
        this.published = shard.sequence();
        this.gate = new Gate(config.gate(), shard.spec());
        shard.watch(gate);
        if (!gate.judged().isEmpty()) {
            LOG.info("the gate of {} judges the heads {}", shard.spec().model(), gate.judged());
        }
        this.life = new LifeLog(shard.state(), System.nanoTime());
        // The first one soon: a process that dies again has less to learn again.
        this.nextSnapshotNs = System.nanoTime();
        int width = shard.spec().rowWidth();
        // Half, since a record more may change as many again.
        this.maxRows = DeltaCodec.maxRows(width);
        this.deltaRows = Math.min(config.maxDeltaRows(), maxRows / 2);
        long layers = (long) new NetworkModel(shard.spec()).denseRows() * (Long.BYTES + width * Float.BYTES);
        this.publishEveryNs =
                Math.max(config.deltaInterval().toNanos(), layers * TimeUnit.SECONDS.toNanos(1) / LAYER_BYTES_A_SECOND);
        this.publishedNs = System.nanoTime() - publishEveryNs;
    }

    static LearningSession open(LearnerConfig config, ModelSpec spec, VersionLog versions, Clock clock)
            throws IOException {
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
            LearningSession session = new LearningSession(config, clock, shard, log, publisher, versions);
            if (recovered.snapshotDue()) {
                session.beginSnapshot();
            }
            return session;
        } catch (IOException | RuntimeException e) {
            log.close();
            throw e;
        }
    }

    /**
     * Learns what is there, waiting a moment for it.
     *
     * @return false when a directive was carried out: the session is to be opened anew
     */
    boolean step() throws IOException, InterruptedException {
        VersionBook book = versions.book();
        if (book.directive().revision() > shard.course().revision()) {
            carryOut(book);
            return false;
        }
        for (ConsumerRecord<byte[], byte[]> record : log.poll(patience())) {
            learn(book.directive(), record);
            if (shard.touchedRows() >= deltaRows && !waitsForTheGate()) {
                publish();
            }
            if (frozen) {
                return true;
            }
        }
        if (book.directive().hold()) {
            sayWhetherClean(book);
        }
        if (System.nanoTime() - publishedNs >= publishEveryNs && !waitsForTheGate()) {
            publish();
        }
        if (frozen) {
            return true;
        }
        life.say(System.nanoTime());
        shard.fit().line(System.nanoTime()).ifPresent(LOG::info);
        snapshots.advance(SLICE.toNanos());
        boolean due = System.nanoTime() - nextSnapshotNs >= 0 && worthASnapshot();
        boolean wanted = book.wanted() > answered;
        if ((due || wanted) && snapshots.idle() && !shard.hasOpenBatch()) {
            shard.registrySeen(book.next());
            answered = book.wanted();
            beginSnapshot();
        }
        return true;
    }

    /** How long to wait for samples: no longer than until what was learned is due to be published. */
    private Duration patience() {
        long leftNs = publishEveryNs - (System.nanoTime() - publishedNs);
        return shard.hasOpenBatch() ? Duration.ofNanos(Math.clamp(leftNs, LEAST_POLL.toNanos(), POLL.toNanos())) : POLL;
    }

    private boolean waitsForTheGate() {
        return gate.doubts()
                && System.nanoTime() - publishedNs < config.gate().holdBack().toNanos();
    }

    private void learn(Directive directive, ConsumerRecord<byte[], byte[]> record) throws InterruptedException {
        SampleBlock block = SampleLog.decode(record);
        if (block != null) {
            gate.record(record.partition(), record.offset(), block);
        }
        if (waits(directive, record)) {
            if (block != null) {
                gate.watch(block);
            }
        } else if (block == null) {
            shard.skip(record.partition(), record.offset());
        } else {
            shard.learn(record.partition(), record.offset(), block);
            gate.alarm().ifPresent(this::freeze);
        }
    }

    /** Nothing that was learned since the last delta is published; the next step carries the directive out. */
    private void freeze(Gate.Alarm alarm) {
        LOG.error(
                "model {}: publishing frozen, {}: {}; suspected from {}",
                shard.spec().model(),
                alarm.signal(),
                alarm.detail(),
                alarm.suspectFrom());
        frozen = true;
        Said said = Said.of(clock.millis(), "gate", alarm.signal() + ": " + alarm.detail());
        try {
            var directive = versions.append(VersionEvents.directive(Directive.holdBefore(alarm.suspectFrom()), said));
            var report = versions.append(VersionEvents.gate(
                    GateReport.newBuilder()
                            .setFrozen(true)
                            .setSignal(alarm.signal())
                            .setDetail(alarm.detail())
                            .setEvidence(alarm.evidence())
                            .putAllSuspectFrom(alarm.suspectFrom())
                            .build(),
                    said));
            LOG.info("model {}: directive {}, report {}", shard.spec().model(), directive, report);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptException(e);
        }
    }

    private void sayWhetherClean(VersionBook book) throws InterruptedException {
        if (!book.gate().getFrozen() || book.gate().getCleanFromCount() > 0) {
            return;
        }
        Map<Integer, Long> clean = gate.cleanFrom().orElse(Map.of());
        if (!clean.isEmpty()) {
            var unused = versions.append(VersionEvents.gate(
                    book.gate().toBuilder().putAllCleanFrom(clean).build(),
                    Said.of(clock.millis(), "gate", "as before for a while")));
        }
    }

    /** Whether learning waits before this record. It is read again when it goes on, by a new session. */
    private boolean waits(Directive directive, ConsumerRecord<byte[], byte[]> record) {
        if (!directive.hold()) {
            return false;
        }
        long from = directive.holdAt().getOrDefault(record.partition(), heldAt.getOrDefault(record.partition(), -1L));
        if (from < 0) {
            from = shard.nextOffset(record.partition());
            heldAt.put(record.partition(), from);
        }
        return record.offset() >= from;
    }

    private void carryOut(VersionBook book) throws IOException, InterruptedException {
        long startNs = System.nanoTime();
        Directive directive = book.directive();
        if (!directive.restores() && !frozen) {
            publish();
        }
        long deltaOffset = publisher.flush();
        snapshots.close();
        var outcome = new TurnBack(shard.spec(), config.snapshots(), config.recentIds())
                .carryOut(directive, book, shard, published, deltaOffset, store);
        DirectiveDone done = DirectiveDone.newBuilder()
                .setDirective(directive.revision())
                .setSequence(outcome.failure().isEmpty() ? published + (directive.restores() ? 1 : 0) : 0)
                .setRows(outcome.rows())
                .setTookMs(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs))
                .setFailure(outcome.failure())
                .putAllOffsets(outcome.offsets())
                .build();
        var unused = versions.append(VersionEvents.done(done, Said.of(clock.millis(), "learner", "")));
        LOG.info("model {}: directive {}: {}", shard.spec().model(), directive, done);
    }

    /** Not for the empty batches of an idle log, unless there are many to read again. */
    private boolean worthASnapshot() {
        return shard.samples() != snapshotSamples || shard.sequence() - snapshotSequence > MAX_IDLE_BATCHES;
    }

    private void publish() throws InterruptedException {
        // More than one only where weights went back to others.
        while (shard.hasOpenBatch() && !frozen) {
            Delta delta = shard.closeBatch(clock.millis(), maxRows);
            Gate.Alarm alarm = gate.check(delta).orElse(null);
            if (alarm != null) {
                freeze(alarm);
                return;
            }
            publisher.send(delta);
            published = delta.header().sequence();
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
        if (frozen) {
            // What is here is not on the log and shall not be.
            return;
        }
        snapshots.complete();
        if (shard.sequence() != snapshotSequence) {
            beginSnapshot();
            snapshots.complete();
        }
    }

    @Override
    public void close() {
        shard.close();
        publisher.close();
        log.close();
        // Waits: a folder has one writer, also over two sessions.
        snapshots.close();
        store.close();
    }
}
