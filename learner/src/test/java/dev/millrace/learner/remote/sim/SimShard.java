package dev.millrace.learner.remote.sim;

import dev.millrace.learner.remote.shard.DeltaWriter;
import dev.millrace.learner.remote.shard.RemoteShard;
import dev.millrace.learner.remote.shard.ShardConfig;
import dev.millrace.learner.remote.shard.ShardRecovery;
import dev.millrace.learner.remote.shard.SnapshotTarget;
import dev.millrace.learner.remote.worker.ShardConnection;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.snapshot.Extras;
import dev.millrace.ps.snapshot.Snapshot;
import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** One shard with its log and its snapshots, which survive it. */
final class SimShard {
    private static final ShardConfig CONFIG = new ShardConfig(
            64, Duration.ofMillis(20), 40, Duration.ofMillis(900), Duration.ofSeconds(5), Duration.ofMillis(100));

    private final SimWorld world;
    private final ShardState.Id id;
    final List<Delta> log = new ArrayList<>();
    final List<Snapshot> snapshots = new ArrayList<>();
    private final Map<Long, Long> deltaOffsets = new HashMap<>();
    private @Nullable RemoteShard shard;
    private @Nullable ShardState state;
    private int lives;

    SimShard(SimWorld world, ShardState.Id id) {
        this.world = world;
        this.id = id;
        start();
        tick();
    }

    void start() {
        Snapshot newest = snapshots.isEmpty() ? null : snapshots.getLast();
        ShardRecovery recovery = new ShardRecovery(
                world.spec,
                id,
                newest,
                newest == null ? -1 : deltaOffsets.get(newest.header().sequence()));
        for (int offset = (int) Math.max(0, recovery.from()); offset < log.size(); offset++) {
            recovery.published(offset, log.get(offset));
        }
        ShardRecovery.Recovered recovered = recovery.finish(0);
        state = recovered.state();
        shard = new RemoteShard(recovered, new Writer(), new Target(), CONFIG, world.clock(), ++lives);
    }

    void kill() {
        shard = null;
        state = null;
    }

    boolean isAlive() {
        return shard != null;
    }

    ShardState state() {
        return java.util.Objects.requireNonNull(state);
    }

    RemoteShard shard() {
        return java.util.Objects.requireNonNull(shard);
    }

    private void tick() {
        if (shard != null) {
            shard.tick();
        }
        world.in(5, this::tick);
    }

    /** What a life of the shard started and did not see the end of has no effect on the next one. */
    private void ifStillIn(int life, Runnable action) {
        if (life == lives && shard != null) {
            action.run();
        }
    }

    private final class Writer implements DeltaWriter {
        private final int life = lives + 1;

        @Override
        public CompletableFuture<Long> append(Delta delta) {
            CompletableFuture<Long> answer = new CompletableFuture<>();
            boolean lost = world.chance(0.05);
            boolean unanswered = lost || world.chance(0.05);
            world.in(world.delayMs(), () -> {
                // A record on its way arrives, though its sender has died.
                if (!lost) {
                    log.add(delta);
                }
                long offset = log.size() - 1L;
                ifStillIn(life, () -> {
                    if (unanswered) {
                        answer.completeExceptionally(new IOException("no acknowledgement"));
                    } else {
                        answer.complete(offset);
                    }
                });
            });
            return answer;
        }

        @Override
        public void close() {}
    }

    private final class Target implements SnapshotTarget {
        private final int life = lives + 1;
        private boolean busy;
        private long written = -1;

        @Override
        public boolean idle() {
            return !busy;
        }

        @Override
        public void begin(ShardState from, Future<Long> deltaOffset) {
            busy = true;
            Snapshot snapshot = from.snapshot(-1, Extras.NONE);
            world.in(50 + world.delayMs(), () -> write(snapshot, deltaOffset));
        }

        private void write(Snapshot snapshot, Future<Long> deltaOffset) {
            if (!deltaOffset.isDone()) {
                ifStillIn(life, () -> world.in(5, () -> write(snapshot, deltaOffset)));
                return;
            }
            ifStillIn(life, () -> {
                busy = false;
                if (!world.chance(0.1)) {
                    written = snapshot.header().sequence();
                    snapshots.add(snapshot);
                    deltaOffsets.put(written, deltaOffset.resultNow());
                }
            });
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

    // ---- network ----

    CompletableFuture<ShardConnection> connect() {
        CompletableFuture<ShardConnection> answer = new CompletableFuture<>();
        world.in(world.delayMs(), () -> {
            if (isAlive()) {
                answer.complete(new Connection());
            } else {
                answer.completeExceptionally(new WireException(WireCode.UNAVAILABLE, "nobody listens"));
            }
        });
        return answer;
    }

    private final class Connection implements ShardConnection {
        @Override
        public long mapVersion() {
            return 1;
        }

        @Override
        public CompletableFuture<ByteBuffer> call(int op, int maxBytes, BodyWriter writer, Duration timeout) {
            ByteBuffer body = ByteBuffer.allocate(maxBytes).order(ByteOrder.LITTLE_ENDIAN);
            writer.write(body);
            body.flip();
            CompletableFuture<ByteBuffer> answer = new CompletableFuture<>();
            int copies = world.chance(0.03) ? 0 : world.chance(0.05) ? 2 : 1;
            for (int i = 0; i < copies; i++) {
                world.in(world.delayMs(), () -> deliver(new Request(op, body, answer)));
            }
            world.in(timeout.toMillis(), () -> answer.completeExceptionally(new WireException(WireCode.TIMEOUT, "")));
            return answer;
        }

        @Override
        public void close() {}
    }

    private void deliver(Request request) {
        if (shard == null) {
            request.fail(WireCode.UNAVAILABLE, "killed");
        } else {
            shard.handle(request);
        }
    }

    private final class Request implements FlatRequest {
        private final int op;
        private final ByteBuffer body;
        private final CompletableFuture<ByteBuffer> answer;

        Request(int op, ByteBuffer body, CompletableFuture<ByteBuffer> answer) {
            this.op = op;
            this.body = body.duplicate().order(ByteOrder.LITTLE_ENDIAN);
            this.answer = answer;
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
            ByteBuffer reply = ByteBuffer.allocate(maxBytes).order(ByteOrder.LITTLE_ENDIAN);
            writer.write(reply);
            reply.flip();
            if (!world.chance(0.03)) {
                world.in(world.delayMs(), () -> answer.complete(reply));
            }
        }

        @Override
        public void fail(WireCode code, long detail, String message) {
            world.in(world.delayMs(), () -> answer.completeExceptionally(new WireException(code, detail, message)));
        }
    }
}
