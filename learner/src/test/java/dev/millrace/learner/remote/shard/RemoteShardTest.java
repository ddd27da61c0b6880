package dev.millrace.learner.remote.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.learner.Samples;
import dev.millrace.learner.remote.protocol.Envelope;
import dev.millrace.learner.remote.protocol.Hello;
import dev.millrace.learner.remote.protocol.Op;
import dev.millrace.learner.remote.push.MinibatchStep;
import dev.millrace.learner.remote.push.Routes;
import dev.millrace.learner.remote.push.SampleBatch;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RemoteShardTest {
    private static final ModelSpec SPEC = SpecReader.parse(
            "test",
            "{model: m, objective: logistic, labels: {click: 1}, rewardWindow: 1s,"
                    + " slots: {u: {type: category, from: user.id}}}");
    private static final long INCARNATION = 77;
    private static final ShardConfig CONFIG = new ShardConfig(
            8, Duration.ZERO, 30, Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofSeconds(1));

    private final List<Delta> log = new ArrayList<>();
    private boolean logFails;
    private long nowMs = 1_000;
    private final ShardRecovery.Recovered recovered = new ShardRecovery(SPEC, ShardState.Id.ONLY, null).finish(3);
    private final RemoteShard shard = new RemoteShard(
            recovered, new Log(), new Snapshots(), CONFIG, () -> Instant.ofEpochMilli(nowMs), INCARNATION);

    private final class Log implements DeltaWriter {
        @Override
        public CompletableFuture<Long> append(Delta delta) {
            if (logFails) {
                return CompletableFuture.failedFuture(new java.io.IOException("away"));
            }
            log.add(delta);
            return CompletableFuture.completedFuture(log.size() - 1L);
        }

        @Override
        public void close() {}
    }

    private static final class Snapshots implements SnapshotTarget {
        private long written = -1;

        @Override
        public boolean idle() {
            return true;
        }

        @Override
        public void begin(ShardState state, Future<Long> deltaOffset) {
            written = state.sequence();
        }

        @Override
        public void advance(long budgetNs) {}

        @Override
        public long written() {
            return written;
        }

        @Override
        public void close() {}
    }

    private static final class Request implements FlatRequest {
        private final int op;
        private final ByteBuffer body;
        private @Nullable ByteBuffer answer;
        private @Nullable WireException failure;

        Request(int op, ByteBuffer body) {
            this.op = op;
            this.body = body;
        }

        @Override
        public int op() {
            return op;
        }

        @Override
        public ByteBuffer body() {
            return body;
        }

        @Override
        public void reply(int maxBytes, BodyWriter writer) {
            answer = ByteBuffer.allocate(maxBytes).order(ByteOrder.LITTLE_ENDIAN);
            writer.write(answer);
            answer.flip();
        }

        @Override
        public void fail(WireCode code, long detail, String message) {
            failure = new WireException(code, detail, message);
        }
    }

    private ByteBuffer ask(int op, long incarnation, BodyWriter writer) {
        ByteBuffer body = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
        new Envelope(SPEC.fingerprint(), 1, incarnation, 0).write(body);
        writer.write(body);
        Request request = new Request(op, body.flip());
        shard.handle(request);
        if (request.failure != null) {
            throw request.failure;
        }
        return java.util.Objects.requireNonNull(request.answer);
    }

    private Hello.Answer hello(long epoch) {
        var epochs = new TreeMap<Integer, Long>();
        epochs.put(0, epoch);
        return Hello.readAnswer(ask(Op.HELLO, 0, target -> Hello.write(target, epochs)));
    }

    private static ByteBuffer push(long first, int records, long seed) {
        Random random = new Random(seed);
        SampleBatch batch = new SampleBatch(0, first, SPEC.fingerprint(), id -> true);
        for (int i = 0; i < records; i++) {
            batch.add(first + i, Samples.random(random, SPEC.fingerprint(), 100 * (first + i), 3));
        }
        MinibatchStep step = MinibatchStep.gather(SPEC, batch, new Routes(SPEC, 1));
        step.learn();
        return step.push(0);
    }

    private long push(long epoch, ByteBuffer push) {
        return ask(Op.PUSH, INCARNATION, target -> target.putLong(epoch).put(push.duplicate()))
                .getLong();
    }

    private static WireException refused(Runnable call) {
        return assertThrows(WireException.class, call::run);
    }

    @Test
    void aPushIsAppliedOnceAndAcknowledgedAsOftenAsItComes() {
        assertEquals(new Hello.Answer(INCARNATION, List.of(new Hello.Progress(0, 0, 0))), hello(1));
        assertEquals(4, push(1, push(0, 4, 1)));
        assertEquals(4, push(1, push(0, 4, 1)));
        assertEquals(9, push(1, push(4, 5, 2)));
        assertEquals(9, push(1, push(0, 4, 1)));
        assertEquals(27, recovered.state().samples());
    }

    @Test
    void aPushOutOfItsTurnIsRefusedWithWhatIsExpected() {
        hello(1);
        push(1, push(0, 4, 1));
        WireException beyond = refused(() -> push(1, push(5, 2, 2)));
        assertEquals(WireCode.BEHIND, beyond.code());
        assertEquals(4, beyond.detail());
        assertEquals(WireCode.BEHIND, refused(() -> push(1, push(2, 4, 2))).code(), "it straddles");
        assertEquals(12, recovered.state().samples());
    }

    @Test
    void aLearnerOfALowerEpochIsFencedWhileTheLaterOneIsHeardOf() {
        hello(5);
        WireException fenced = refused(() -> hello(4));
        assertEquals(WireCode.FENCED, fenced.code());
        assertEquals(5, fenced.detail());
        assertEquals(WireCode.FENCED, refused(() -> push(4, push(0, 1, 1))).code());
        nowMs += CONFIG.lease().toMillis() + 1;
        hello(4);
        assertEquals(1, push(4, push(0, 1, 1)));
        assertEquals(WireCode.FENCED, refused(() -> push(5, push(1, 1, 1))).code());
    }

    @Test
    void whatWasMeantForAnotherLifeOrModelIsRefused() {
        hello(1);
        assertEquals(
                WireCode.NOT_OWNER,
                refused(() -> ask(Op.PULL, INCARNATION + 1, target -> target.putInt(0)))
                        .code());
        Request other =
                new Request(Op.STATUS, ByteBuffer.allocate(Envelope.BYTES).order(ByteOrder.LITTLE_ENDIAN));
        shard.handle(other);
        assertEquals(
                WireCode.BAD_REQUEST,
                java.util.Objects.requireNonNull(other.failure).code());
        assertEquals(
                WireCode.BAD_REQUEST,
                refused(() -> ask(
                                Op.PULL, INCARNATION, target -> target.putInt(3).putLong(1)))
                        .code());
        ByteBuffer cut = push(0, 1, 1);
        assertEquals(
                WireCode.BAD_REQUEST,
                refused(() -> push(1, cut.duplicate().limit(cut.limit() - 1))).code());
        assertEquals(0, recovered.state().samples());
    }

    /** One delta stays the next one until the log has it; the rows of a large batch travel in several. */
    @Test
    void deltasAreSplitSequencedAndRetriedByteForByte() {
        hello(1);
        logFails = true;
        push(1, push(0, 4, 1));
        shard.tick();
        push(1, push(4, 40, 2));
        shard.tick();
        assertEquals(0, log.size());
        logFails = false;
        for (int i = 0; i < 20; i++) {
            nowMs += CONFIG.retry().toMillis();
            shard.tick();
        }
        assertTrue(log.size() > 2);
        for (int i = 0; i < log.size(); i++) {
            assertEquals(i + 1, log.get(i).header().sequence());
            assertEquals(3, log.get(i).header().epoch());
            assertTrue(log.get(i).keys().length <= CONFIG.maxDeltaRows());
        }
        assertEquals(
                Map.of(0, new Delta.Range(4, 44)), log.getLast().header().ranges(), "named by the last of a batch");
        assertEquals(
                List.of(Map.of(0, new Delta.Range(0, 4)), Map.of(0, new Delta.Range(4, 44))),
                log.stream()
                        .map(delta -> delta.header().ranges())
                        .filter(ranges -> !ranges.isEmpty())
                        .toList());
        assertEquals(log.size(), shard.status().published());
    }

    @Test
    void anOrderlyEndPublishesAndSnapshotsEverything() {
        hello(1);
        push(1, push(0, 44, 1));
        int rounds = 0;
        while (!shard.settle() && rounds < 50) {
            rounds++;
            nowMs += 20;
        }
        assertTrue(shard.settle());
        assertEquals(0, shard.status().openRows());
        assertEquals(44, hello(1).progress().getFirst().durable());
    }

    /** Rows that keep changing faster than deltas take them: batches close one after the other, and snapshots stand. */
    @Test
    void aShardUnderLoadStillNamesItsRecordsAndSnapshots() {
        hello(1);
        long first = 0;
        for (int i = 0; i < 600; i++) {
            push(1, push(first, 20, i));
            first += 20;
            nowMs += 20;
            shard.tick();
        }
        long named = log.stream()
                .mapToLong(delta -> delta.header().ranges().values().stream()
                        .mapToLong(Delta.Range::to)
                        .max()
                        .orElse(0))
                .max()
                .orElse(0);
        assertTrue(named > first / 2, named + " of " + first);
        assertTrue(hello(1).progress().getFirst().durable() > first / 2);
    }
}
