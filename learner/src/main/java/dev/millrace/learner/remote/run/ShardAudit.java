package dev.millrace.learner.remote.run;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.remote.map.ShardMapLog;
import dev.millrace.learner.remote.protocol.Envelope;
import dev.millrace.learner.remote.protocol.Op;
import dev.millrace.learner.remote.protocol.ShardStatus;
import dev.millrace.learner.remote.worker.ShardConnection;
import dev.millrace.ps.model.TrainingLayout;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.WireCode;
import dev.millrace.ps.wire.WireException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Looks into running shards: how they are, and every row of them. One thread. */
public final class ShardAudit implements AutoCloseable {
    private static final Duration CALL = Duration.ofSeconds(10);
    private static final long PLACES = 1L << 32;

    private final ModelSpec spec;
    private final int shards;
    private final ShardMapLog map;
    private final FlatShards connector;

    private ShardAudit(String bootstrapServers, ModelSpec spec) throws IOException {
        this.spec = spec;
        this.shards = Shards.count(bootstrapServers, spec.model());
        this.map = ShardMapLog.start(bootstrapServers, spec.model());
        this.connector = new FlatShards(map::map);
    }

    /** @throws IOException when Kafka does not answer, or has no such model's topics */
    public static ShardAudit start(String bootstrapServers, ModelSpec spec) throws IOException {
        return new ShardAudit(bootstrapServers, spec);
    }

    public int shards() {
        return shards;
    }

    /** @throws WireException when the shard does not answer now */
    public ShardStatus status(int shard) throws InterruptedException {
        try (ShardConnection connection = await(connector.connect(shard))) {
            return ShardStatus.read(ask(connection, Op.STATUS, shard, 0, BodyWriter.NOTHING));
        }
    }

    /**
     * A copy of the shard's rows. Not of one moment, unless nothing is learned meanwhile.
     *
     * @throws WireException when the shard does not answer now
     */
    public ParameterTable rows(int shard) throws InterruptedException {
        ParameterTable copy =
                new OffHeapTable(TrainingLayout.of(spec), spec.policies().maxRows());
        try (ShardConnection connection = await(connector.connect(shard))) {
            // They come in the order of their places: a table that grew with them would have all of them at its front.
            copy.reserve(ShardStatus.read(ask(connection, Op.STATUS, shard, 0, BodyWriter.NOTHING))
                    .rows());
            for (long place = 0; place < PLACES; ) {
                long from = place;
                ByteBuffer body = ask(connection, Op.ROWS, shard, Long.BYTES, target -> target.putLong(from));
                place = body.getLong();
                int rows = body.getInt();
                int stride = body.getInt();
                MemorySegment bytes = MemorySegment.ofBuffer(body);
                for (int i = 0; i < rows; i++) {
                    long key = body.getLong(body.position() + i * stride);
                    copy.setRow(copy.findOrInsert(key), bytes, (long) i * stride);
                }
            }
        }
        return copy;
    }

    private ByteBuffer ask(ShardConnection connection, int op, int shard, int bytes, BodyWriter writer)
            throws InterruptedException {
        var envelope = new Envelope(spec.fingerprint(), connection.mapVersion(), 0, shard);
        return await(connection.call(
                op,
                Envelope.BYTES + bytes,
                target -> {
                    envelope.write(target);
                    writer.write(target);
                },
                CALL));
    }

    private static <T> T await(CompletableFuture<T> answer) throws InterruptedException {
        try {
            return answer.get(2 * CALL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof WireException refused
                    ? refused
                    : new WireException(WireCode.UNAVAILABLE, String.valueOf(e.getCause()), e);
        } catch (TimeoutException e) {
            throw new WireException(WireCode.TIMEOUT, "no answer", e);
        }
    }

    @Override
    public void close() {
        map.close();
    }
}
