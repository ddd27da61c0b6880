package dev.millrace.learner.remote.shard;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.remote.protocol.Envelope;
import dev.millrace.learner.remote.protocol.Hello;
import dev.millrace.learner.remote.protocol.Op;
import dev.millrace.learner.remote.protocol.ShardStatus;
import dev.millrace.learner.remote.push.Push;
import dev.millrace.learner.remote.push.PushApplier;
import dev.millrace.learner.training.LifeLog;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.delta.DeltaCodec;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One shard of a model's training table. A push is applied when it begins at the first record that the rows do not
 * include: one before that is a duplicate and acknowledged again, one beyond it is refused with the expected offset. So
 * each record counts once, whoever sends it and however often; the epochs only keep two learners from getting in each
 * other's way.
 *
 * <p>Passive: its owner calls {@link #handle} for each request and {@link #tick} now and then, both on one thread. Pulls
 * too are answered there: no reader races with a row that moves, and a pull sees every push that came before it.
 */
public final class RemoteShard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteShard.class);
    private static final Duration TELL = Duration.ofMinutes(1);
    private static final int ROWS_A_CALL = 16_384;
    private static final long PLACES = 1L << 32;
    private static final long LAYER_BYTES_A_SECOND = 10 << 20;

    private final ShardState state;
    private final PushApplier applier;
    private final DeltaOutbox outbox;
    private final ShardSnapshots snapshots;
    private final long fingerprint;
    private final long incarnation;
    private final ShardConfig config;
    private final InstantSource clock;
    private final LifeLog life;
    private final Map<Integer, Learner> learners = new HashMap<>();
    private long refusedTold;
    private long nextTellMs;

    /** Who may push to a partition's rows. */
    private record Learner(long epoch, long heardMs) {}

    /** @param incarnation another one than any before of this shard, not 0 */
    public RemoteShard(
            ShardRecovery.Recovered recovered,
            DeltaWriter writer,
            SnapshotTarget target,
            ShardConfig config,
            InstantSource clock,
            long incarnation) {
        this.state = recovered.state();
        this.applier = new PushApplier(state);
        this.fingerprint = state.spec().fingerprint();
        this.incarnation = incarnation;
        this.config = config;
        this.clock = clock;
        this.outbox = new DeltaOutbox(
                state,
                applier::flush,
                writer,
                paced(config, state.spec(), applier),
                clock,
                recovered.lastDeltaOffset(),
                recovered.mustReach());
        this.life = new LifeLog(state, nowNs());
        this.snapshots = new ShardSnapshots(state, outbox, target, config, clock);
    }

    /** All layers travel with every delta: so seldom that they make a bounded stream. A delta is one record. */
    private static ShardConfig paced(ShardConfig config, ModelSpec spec, PushApplier applier) {
        long layersMs = Float.BYTES * 1_000L * applier.layerFloats() / LAYER_BYTES_A_SECOND;
        // Half, since one row may serve as two.
        return config.withDeltaInterval(
                        Duration.ofMillis(Math.max(config.deltaInterval().toMillis(), layersMs)))
                .withMaxDeltaRows(Math.min(config.maxDeltaRows(), DeltaCodec.maxRows(spec.rowWidth()) / 2));
    }

    /** Publishes and writes what is due. Does not wait. */
    public void tick() {
        outbox.collect();
        // Before the next delta is closed: a snapshot begins where one ends.
        snapshots.tick();
        outbox.send();
        life.say(nowNs());
        if (applier.refusedRows() > refusedTold && clock.millis() >= nextTellMs) {
            LOG.warn(
                    "model {} shard {}: {} gradients were not finite, or not this shard's, and are not stored",
                    state.spec().model(),
                    state.id().shard(),
                    applier.refusedRows() - refusedTold);
            refusedTold = applier.refusedRows();
            nextTellMs = clock.millis() + TELL.toMillis();
        }
    }

    private long nowNs() {
        return TimeUnit.MILLISECONDS.toNanos(clock.millis());
    }

    /** Answers one request. */
    public void handle(FlatRequest request) {
        try {
            ByteBuffer body = request.body();
            Envelope envelope = Envelope.read(body);
            check(request.op(), envelope);
            switch (request.op()) {
                case Op.HELLO -> hello(request, body);
                case Op.PULL -> pull(request, body);
                case Op.PUSH -> push(request, body);
                case Op.STATUS -> {
                    ShardStatus status = status();
                    request.reply(status.bytes(), status::write);
                }
                case Op.ROWS -> rows(request, body.getLong());
                default -> request.fail(WireCode.BAD_REQUEST, "operation " + request.op());
            }
        } catch (WireException e) {
            request.fail(e.code(), e.detail(), String.valueOf(e.getMessage()));
        } catch (IllegalArgumentException | java.nio.BufferUnderflowException e) {
            request.fail(WireCode.BAD_REQUEST, String.valueOf(e.getMessage()));
        }
    }

    private void check(int op, Envelope envelope) {
        if (envelope.fingerprint() != fingerprint) {
            throw new WireException(
                    WireCode.BAD_REQUEST,
                    "model " + state.spec().model() + " is served here with other slots, crosses or optimizer");
        }
        if (envelope.shard() != state.id().shard()) {
            throw new WireException(
                    WireCode.NOT_OWNER, "this is shard " + state.id().shard());
        }
        if ((op == Op.PULL || op == Op.PUSH) && envelope.incarnation() != incarnation) {
            throw new WireException(WireCode.NOT_OWNER, incarnation, "shard " + envelope.shard() + " has restarted");
        }
    }

    // ---- learners ----

    private void hello(FlatRequest request, ByteBuffer body) {
        SortedMap<Integer, Long> epochs = Hello.read(body);
        epochs.forEach(this::admit);
        List<Hello.Progress> progress = new ArrayList<>();
        epochs.keySet().forEach(partition -> progress.add(progress(partition)));
        var answer = new Hello.Answer(incarnation, progress);
        request.reply(Hello.bytes(answer), target -> Hello.write(target, answer));
    }

    private Hello.Progress progress(int partition) {
        return new Hello.Progress(partition, state.nextOffset(partition), snapshots.durable(partition));
    }

    private void admit(int partition, long epoch) {
        Learner known = learners.get(partition);
        long nowMs = clock.millis();
        if (known != null
                && epoch < known.epoch()
                && nowMs - known.heardMs() <= config.lease().toMillis()) {
            throw new WireException(
                    WireCode.FENCED,
                    known.epoch(),
                    "partition " + partition + " belongs to the learner of epoch " + known.epoch() + ", not " + epoch);
        }
        learners.put(partition, new Learner(epoch, nowMs));
    }

    // ---- pull and push ----

    private void pull(FlatRequest request, ByteBuffer body) {
        int n = body.getInt();
        if (n < 0 || (long) n * Long.BYTES != body.remaining()) {
            throw new IllegalArgumentException("pull: " + n + " keys in " + body.remaining() + " bytes");
        }
        int at = body.position();
        int bytes = applier.pullBytes(LongStream.range(0, n).map(i -> body.getLong(at + (int) i * Long.BYTES)));
        request.reply(bytes, target -> {
            for (int i = 0; i < n; i++) {
                applier.pull(body.getLong(), target);
            }
            applier.pullLayers(target);
        });
    }

    private void push(FlatRequest request, ByteBuffer body) {
        long epoch = body.getLong();
        Push push = new Push(body);
        int partition = push.partition();
        Learner learner = learners.get(partition);
        if (learner == null || learner.epoch() != epoch) {
            throw new WireException(
                    WireCode.FENCED,
                    learner == null ? 0 : learner.epoch(),
                    "partition " + partition + ": a push of epoch " + epoch + " without a hello that holds");
        }
        learners.put(partition, new Learner(epoch, clock.millis()));
        long applied = state.nextOffset(partition);
        if (push.first() == applied) {
            applier.apply(push);
        } else if (push.next() > applied) {
            throw new WireException(
                    WireCode.BEHIND,
                    applied,
                    "partition " + partition + ": records " + push.first() + ".." + (push.next() - 1)
                            + " come when record " + applied + " is next");
        }
        Hello.Progress progress = progress(partition);
        request.reply(
                2 * Long.BYTES, target -> target.putLong(progress.applied()).putLong(progress.durable()));
    }

    // ---- audits ----

    private void rows(FlatRequest request, long from) {
        if (from < 0 || from >= PLACES) {
            throw new IllegalArgumentException("place " + from);
        }
        applier.flush();
        ParameterTable table = state.table();
        long step = PLACES / Math.max(1, table.size() / ROWS_A_CALL);
        long to = Math.min(PLACES, from + step);
        LongArrayList found = new LongArrayList();
        table.forEachRow(from, to, found::add);
        int stride = table.layout().stride();
        request.reply(Long.BYTES + 2 * Integer.BYTES + found.size() * stride, target -> {
            target.putLong(to).putInt(found.size()).putInt(stride);
            MemorySegment rest = MemorySegment.ofBuffer(target);
            for (int i = 0; i < found.size(); i++) {
                table.copyRow(found.getLong(i), rest, (long) i * stride);
            }
            target.position(target.position() + found.size() * stride);
        });
    }

    public ShardStatus status() {
        return new ShardStatus(
                incarnation,
                state.epoch(),
                state.sequence(),
                outbox.published(),
                state.table().size(),
                state.samples(),
                state.sampleIdSum(),
                state.duplicates(),
                state.refused(),
                applier.refusedRows(),
                state.touchedRows(),
                state.offsets());
    }

    // ---- ending ----

    /**
     * On the way to an orderly end: call it between ticks until it says that everything is published and in a snapshot. A
     * shard that has not caught up with the log yet has nothing to add to it.
     */
    public boolean settle() {
        if (!outbox.caughtUp()) {
            return true;
        }
        snapshots.soon();
        tick();
        return !state.hasOpenBatch() && snapshots.isIdle();
    }

    @Override
    public void close() {
        outbox.close();
        snapshots.close();
    }
}
