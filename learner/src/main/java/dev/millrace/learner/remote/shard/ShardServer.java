package dev.millrace.learner.remote.shard;

import dev.millrace.ps.wire.FlatHandler;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Hands each request to the owner of its shard. Refuses one that found the shard by an older map than the one which names
 * this process: the shard may have been elsewhere in between. Any thread.
 */
public final class ShardServer implements FlatHandler {
    private static final int MAP_VERSION = Long.BYTES;
    private static final int SHARD = 3 * Long.BYTES;

    private final Map<Integer, Owned> owned = new ConcurrentHashMap<>();

    private record Owned(ShardOwner owner, long mapVersion) {}

    /** @param mapVersion of the shard map that names this process as the shard's owner */
    public void put(int shard, ShardOwner owner, long mapVersion) {
        owned.put(shard, new Owned(owner, mapVersion));
    }

    public void remove(int shard) {
        owned.remove(shard);
    }

    @Override
    public void handle(FlatRequest request) {
        ByteBuffer body = request.body();
        if (body.remaining() < dev.millrace.learner.remote.protocol.Envelope.BYTES) {
            request.fail(WireCode.BAD_REQUEST, "a request of " + body.remaining() + " bytes");
            return;
        }
        int shard = body.getInt(body.position() + SHARD);
        long mapVersion = body.getLong(body.position() + MAP_VERSION);
        Owned here = owned.get(shard);
        if (here == null) {
            request.fail(WireCode.NOT_OWNER, "shard " + shard + " is not here");
        } else if (mapVersion < here.mapVersion()) {
            request.fail(
                    WireCode.WRONG_MAP,
                    here.mapVersion(),
                    "shard " + shard + " is here by map " + here.mapVersion() + ", the request's is " + mapVersion);
        } else {
            here.owner().submit(request);
        }
    }
}
