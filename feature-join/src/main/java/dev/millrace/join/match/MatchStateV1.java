package dev.millrace.join.match;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.millrace.ingest.proto.Action;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Reads version 1 of a match state, of one model whose first action settles an item:
 *
 * <pre>
 *  u8 version=1 · u8 kind
 *  kind 1, waiting: i32 actions · bytes[actions]
 *  kind 2, open:    bytes model · i64 windowEndMs · longs items · longs settled (bits) · longs seen · bytes impression
 *  kind 3, closed:  bytes model · i64 forgetMs · longs items · longs seen
 * </pre>
 */
final class MatchStateV1 {
    private static final byte WAITING = 1;
    private static final byte OPEN = 2;
    private static final byte CLOSED = 3;

    private MatchStateV1() {}

    /** @param in behind the version */
    static MatchState decode(ByteBuffer in, int maxActions) throws InvalidProtocolBufferException {
        byte kind = in.get();
        return switch (kind) {
            case WAITING -> waiting(in);
            case OPEN -> new MatchState(open(in, maxActions), List.of());
            case CLOSED -> new MatchState(closed(in, maxActions), List.of());
            default -> throw new IllegalArgumentException("match state: kind " + kind);
        };
    }

    private static MatchState waiting(ByteBuffer in) throws InvalidProtocolBufferException {
        int count = in.getInt();
        List<Held> waiting = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Action action = Action.parseFrom(MatchStateCodec.bytes(in));
            waiting.add(new Held(action, action.getAcceptedMs()));
        }
        return new MatchState(null, waiting);
    }

    private static Shown open(ByteBuffer in, int maxActions) {
        String model = MatchStateCodec.text(in);
        long windowEndMs = in.getLong();
        ShownItems items = new ShownItems(MatchStateCodec.longs(in));
        BitSet settled = BitSet.valueOf(MatchStateCodec.longs(in));
        IdSet seen = new IdSet(maxActions, MatchStateCodec.longs(in));
        byte[] revisions = new byte[items.size()];
        settled.stream().filter(item -> item < revisions.length).forEach(item -> revisions[item] = Track.REPEAT);
        Track track = new Track(model, windowEndMs, Track.UNKNOWN, windowEndMs, false, revisions);
        return shown(model, MatchStateCodec.bytes(in), items, seen, track);
    }

    private static Shown closed(ByteBuffer in, int maxActions) {
        String model = MatchStateCodec.text(in);
        long forgetMs = in.getLong();
        ShownItems items = new ShownItems(MatchStateCodec.longs(in));
        IdSet seen = new IdSet(maxActions, MatchStateCodec.longs(in));
        Track track = new Track(model, forgetMs, forgetMs, forgetMs, true, new byte[items.size()]);
        return shown(model, Shown.NO_IMPRESSION, items, seen, track);
    }

    private static Shown shown(String model, byte[] impression, ShownItems items, IdSet seen, Track track) {
        return new Shown(model, impression, items, seen, new ArrayList<>(), new ArrayList<>(List.of(track)));
    }
}
