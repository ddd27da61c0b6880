package dev.millrace.join.match;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.proto.Action;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Bytes of a {@link MatchState}, little endian, version 1. Evolve by a new version; fossils of each are still read.
 *
 * <pre>
 *  u8 version=1 · u8 kind
 *  kind 1, waiting: i32 actions · bytes[actions]
 *  kind 2, open:    bytes model · i64 windowEndMs · longs items · longs settled (bits) · longs seen · bytes impression
 *  kind 3, closed:  bytes model · i64 forgetMs · longs items · longs seen
 *  bytes: i32 length · u8[length]      longs: i32 count · i64[count]
 * </pre>
 */
public final class MatchStateCodec {
    static final byte VERSION = 1;

    private static final byte WAITING = 1;
    private static final byte OPEN = 2;
    private static final byte CLOSED = 3;
    private static final int HEAD = 2;
    private static final int COUNT = Integer.BYTES;

    private final int maxActions;

    /** @param maxActions as of the matcher */
    public MatchStateCodec(int maxActions) {
        this.maxActions = maxActions;
    }

    public byte[] encode(MatchState state) {
        if (state instanceof MatchState.Waiting waiting) {
            return encode(waiting);
        }
        return state instanceof MatchState.Open open ? encode(open) : encode((MatchState.Closed) state);
    }

    private static byte[] encode(MatchState.Waiting waiting) {
        List<byte[]> actions =
                waiting.actions().stream().map(Action::toByteArray).toList();
        int length = COUNT + actions.stream().mapToInt(a -> COUNT + a.length).sum();
        byte[] bytes = new byte[HEAD + length];
        ByteBuffer out = head(bytes, WAITING).putInt(actions.size());
        actions.forEach(a -> put(out, a));
        return bytes;
    }

    private static byte[] encode(MatchState.Open open) {
        byte[] model = open.model().getBytes(StandardCharsets.UTF_8);
        long[] items = open.items().toArray();
        long[] settled = open.settled().toLongArray();
        long[] seen = open.seen().toArray();
        int longs = items.length + settled.length + seen.length;
        int length = 5 * COUNT + model.length + Long.BYTES + longs * Long.BYTES + open.impression().length;
        byte[] bytes = new byte[HEAD + length];
        ByteBuffer out = head(bytes, OPEN);
        put(out, model);
        out.putLong(open.windowEndMs());
        put(out, items);
        put(out, settled);
        put(out, seen);
        put(out, open.impression());
        return bytes;
    }

    private static byte[] encode(MatchState.Closed closed) {
        byte[] model = closed.model().getBytes(StandardCharsets.UTF_8);
        long[] items = closed.items().toArray();
        long[] seen = closed.seen().toArray();
        int length = 3 * COUNT + model.length + Long.BYTES + (items.length + seen.length) * Long.BYTES;
        byte[] bytes = new byte[HEAD + length];
        ByteBuffer out = head(bytes, CLOSED);
        put(out, model);
        out.putLong(closed.forgetMs());
        put(out, items);
        put(out, seen);
        return bytes;
    }

    private static ByteBuffer head(byte[] bytes, byte kind) {
        return ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(VERSION)
                .put(kind);
    }

    private static void put(ByteBuffer out, byte[] bytes) {
        out.putInt(bytes.length).put(bytes);
    }

    private static void put(ByteBuffer out, long[] longs) {
        out.putInt(longs.length);
        for (long value : longs) {
            out.putLong(value);
        }
    }

    /** @throws IllegalArgumentException when the bytes are no state of a known version */
    public MatchState decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            return decode(in);
        } catch (BufferUnderflowException | NegativeArraySizeException | InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("match state: damaged, " + bytes.length + " bytes", e);
        }
    }

    private MatchState decode(ByteBuffer in) throws InvalidProtocolBufferException {
        byte version = in.get();
        if (version != VERSION) {
            throw new IllegalArgumentException("match state: version " + version + ", known is " + VERSION);
        }
        byte kind = in.get();
        return switch (kind) {
            case WAITING -> waiting(in);
            case OPEN -> open(in);
            case CLOSED ->
                new MatchState.Closed(
                        text(in), in.getLong(), new ShownItems(longs(in)), new IdSet(maxActions, longs(in)));
            default -> throw new IllegalArgumentException("match state: kind " + kind);
        };
    }

    private static MatchState.Waiting waiting(ByteBuffer in) throws InvalidProtocolBufferException {
        int count = in.getInt();
        List<Action> actions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            actions.add(Action.parseFrom(bytes(in)));
        }
        return new MatchState.Waiting(actions);
    }

    private MatchState.Open open(ByteBuffer in) {
        String model = text(in);
        long windowEndMs = in.getLong();
        ShownItems items = new ShownItems(longs(in));
        BitSet settled = BitSet.valueOf(longs(in));
        IdSet seen = new IdSet(maxActions, longs(in));
        return new MatchState.Open(model, windowEndMs, bytes(in), items, settled, seen);
    }

    private static String text(ByteBuffer in) {
        return new String(bytes(in), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[length(in, 1)];
        in.get(bytes);
        return bytes;
    }

    private static long[] longs(ByteBuffer in) {
        long[] longs = new long[length(in, Long.BYTES)];
        in.asLongBuffer().get(longs);
        in.position(in.position() + longs.length * Long.BYTES);
        return longs;
    }

    /** A count that the bytes that are left can hold. */
    private static int length(ByteBuffer in, int each) {
        int length = in.getInt();
        if (length > in.remaining() / each) {
            throw new BufferUnderflowException();
        }
        return length;
    }
}
