package dev.millrace.join.match;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.proto.Action;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of a {@link MatchState}, little endian, version 2. Evolve by a new version; fossils of each are still read.
 *
 * <pre>
 *  u8 version=2 · u8 shown (0 or 1) · i32 waiting · waiting × (i64 sinceMs · bytes action) · [shown]
 *  shown: bytes model · bytes impression · longs items · longs seen · i32 deeds · deed… · i32 tracks · track…
 *  deed:  i32 item · bytes type · f64 value · i64 stampMs · i64 timeMs · i64 hash
 *  track: bytes name · i64 windowEndMs · i64 lateEndMs · i64 timerMs · u8 closed · bytes revisions
 *  bytes: i32 length · u8[length]      longs: i32 count · i64[count]
 * </pre>
 */
public final class MatchStateCodec {
    static final byte VERSION = 2;

    private static final byte ONE_MODEL = 1;
    private static final int COUNT = Integer.BYTES;
    private static final int DEED = COUNT + COUNT + Double.BYTES + 3 * Long.BYTES;
    private static final int TRACK = COUNT + 3 * Long.BYTES + 1 + COUNT;

    private final int maxActions;

    /** @param maxActions as of the matcher */
    public MatchStateCodec(int maxActions) {
        this.maxActions = maxActions;
    }

    public byte[] encode(MatchState state) {
        Shown shown = state.shown();
        List<byte[]> waiting = state.waiting().stream()
                .map(held -> held.action().toByteArray())
                .toList();
        int length = 2 + COUNT + (shown == null ? 0 : bytes(shown));
        for (byte[] action : waiting) {
            length += Long.BYTES + COUNT + action.length;
        }
        byte[] bytes = new byte[length];
        ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        out.put(VERSION).put((byte) (shown == null ? 0 : 1)).putInt(waiting.size());
        for (int i = 0; i < waiting.size(); i++) {
            out.putLong(state.waiting().get(i).sinceMs());
            put(out, waiting.get(i));
        }
        if (shown != null) {
            put(out, shown);
        }
        return bytes;
    }

    private static int bytes(Shown shown) {
        int longs = shown.items().size() + shown.seen().size();
        int length = 6 * COUNT + utf8(shown.model()).length + shown.impression().length + longs * Long.BYTES;
        for (Deed deed : shown.deeds()) {
            length += DEED + utf8(deed.type()).length;
        }
        for (Track track : shown.tracks()) {
            length += TRACK + utf8(track.name()).length + track.revisions().length;
        }
        return length;
    }

    private static void put(ByteBuffer out, Shown shown) {
        put(out, utf8(shown.model()));
        put(out, shown.impression());
        put(out, shown.items().toArray());
        put(out, shown.seen().toArray());
        out.putInt(shown.deeds().size());
        for (Deed deed : shown.deeds()) {
            out.putInt(deed.item());
            put(out, utf8(deed.type()));
            out.putDouble(deed.value())
                    .putLong(deed.stampMs())
                    .putLong(deed.timeMs())
                    .putLong(deed.hash());
        }
        out.putInt(shown.tracks().size());
        for (Track track : shown.tracks()) {
            put(out, utf8(track.name()));
            out.putLong(track.windowEndMs()).putLong(track.lateEndMs()).putLong(track.timerMs());
            out.put((byte) (track.isClosed() ? 1 : 0));
            put(out, track.revisions());
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
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
            byte version = in.get();
            if (version == ONE_MODEL) {
                return MatchStateV1.decode(in, maxActions);
            }
            if (version != VERSION) {
                throw new IllegalArgumentException("match state: version " + version + ", known are 1.." + VERSION);
            }
            return decode(in);
        } catch (BufferUnderflowException | NegativeArraySizeException | InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("match state: damaged, " + bytes.length + " bytes", e);
        }
    }

    private MatchState decode(ByteBuffer in) throws InvalidProtocolBufferException {
        byte hasShown = in.get();
        if (hasShown != 0 && hasShown != 1) {
            throw new IllegalArgumentException("match state: kind " + hasShown);
        }
        int count = in.getInt();
        List<Held> waiting = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long sinceMs = in.getLong();
            waiting.add(new Held(Action.parseFrom(bytes(in)), sinceMs));
        }
        return new MatchState(hasShown == 1 ? shown(in) : null, waiting);
    }

    private Shown shown(ByteBuffer in) {
        String model = text(in);
        byte[] impression = bytes(in);
        ShownItems items = new ShownItems(longs(in));
        IdSet seen = new IdSet(maxActions, longs(in));
        int count = in.getInt();
        List<Deed> deeds = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            deeds.add(new Deed(in.getInt(), text(in), in.getDouble(), in.getLong(), in.getLong(), in.getLong()));
        }
        count = in.getInt();
        List<Track> tracks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tracks.add(new Track(text(in), in.getLong(), in.getLong(), in.getLong(), in.get() != 0, bytes(in)));
        }
        return new Shown(model, impression, items, seen, deeds, tracks);
    }

    static String text(ByteBuffer in) {
        return new String(bytes(in), StandardCharsets.UTF_8);
    }

    static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[length(in, 1)];
        in.get(bytes);
        return bytes;
    }

    static long[] longs(ByteBuffer in) {
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
