package dev.millrace.ps.wire.lane;

import dev.millrace.ps.wire.BodyWriter;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A request whose body lies in the chunk that it was read into. */
final class LaneRequest implements FlatRequest {
    private static final VarHandle ANSWERED;

    static {
        try {
            ANSWERED = MethodHandles.lookup().findVarHandle(LaneRequest.class, "answered", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final ServerConnection connection;
    private final Chunk chunk;
    private final int op;
    private final long id;
    private final ByteBuffer body;

    @SuppressWarnings("UnusedVariable") // By its handle.
    private boolean answered;

    LaneRequest(ServerConnection connection, int op, long id, Chunk chunk, int at, int bytes) {
        this.connection = connection;
        this.op = op;
        this.id = id;
        this.chunk = chunk;
        this.body = chunk.bytes.slice(at, bytes).order(ByteOrder.LITTLE_ENDIAN);
        chunk.hold();
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
        answerOnce();
        connection.reply(id, chunk, maxBytes, writer);
    }

    @Override
    public void fail(WireCode code, long detail, String message) {
        answerOnce();
        connection.fail(id, chunk, code, detail, message);
    }

    private void answerOnce() {
        if (!ANSWERED.compareAndSet(this, false, true)) {
            throw new IllegalStateException("operation " + op + " was answered before");
        }
    }

    boolean isAnswered() {
        return (boolean) ANSWERED.getVolatile(this);
    }
}
