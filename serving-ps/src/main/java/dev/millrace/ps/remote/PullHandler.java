package dev.millrace.ps.remote;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.serve.ReplicaState;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ShardVersion;
import dev.millrace.ps.serve.WeightReader;
import dev.millrace.ps.wire.FlatHandler;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Answers pulls from a replica's table, on the connection's thread: some 20 ns a key, and it waits for nothing.
 *
 * <pre>
 *  field   read by        written by
 *  header  wire's threads wire's threads   volatile; whoever finds it old makes it anew
 *  scratch its thread     its thread       a thread's own
 * </pre>
 */
final class PullHandler implements FlatHandler {
    private final long fingerprint;
    private final ServingKeys keys;
    private final WeightReader weights;
    private final ReplicaState state;
    private final IntPredicate serves;
    private final int maxKeys;
    /** Floats of a row. */
    private final int width;

    private volatile Header header = new Header(List.of(), new byte[0]);
    private final ThreadLocal<Scratch> scratch = ThreadLocal.withInitial(Scratch::new);

    /** The encoded versions of one version, since many pulls find the same. */
    @SuppressWarnings("ArrayRecordComponent") // written to the wire, never compared
    private record Header(List<ShardVersion> of, byte[] bytes) {}

    private static final class Scratch {
        long[] keys = {};
        float[] weights = {};
    }

    /** @param serves which shards the replica follows */
    PullHandler(ModelSpec spec, WeightReader weights, ReplicaState state, IntPredicate serves, int maxKeys) {
        fingerprint = spec.fingerprint();
        keys = new ServingKeys(spec);
        this.weights = weights;
        this.state = state;
        this.serves = serves;
        this.maxKeys = maxKeys;
        width = spec.rowWidth();
    }

    @Override
    public void handle(FlatRequest request) {
        switch (request.op()) {
            case PullCodec.HELLO -> hello(request);
            case PullCodec.PULL -> pull(request);
            default -> request.fail(WireCode.BAD_REQUEST, "no operation " + request.op());
        }
    }

    private void hello(FlatRequest request) {
        boolean caughtUp = state.caughtUp();
        ServedVersion version = state.version();
        if (isLoading(version, request)) {
            return;
        }
        byte[] versions = header(version);
        var hello =
                new PullCodec.Hello(fingerprint, version.shards().size(), caughtUp, version.rows(), java.util.Map.of());
        request.reply(PullCodec.size(hello, versions), out -> PullCodec.write(hello, versions, out));
    }

    private static boolean isLoading(ServedVersion version, FlatRequest request) {
        if (version.shards().isEmpty()) {
            request.fail(WireCode.UNAVAILABLE, "the weights are not loaded yet");
            return true;
        }
        return false;
    }

    private void pull(FlatRequest request) {
        ByteBuffer in = request.body();
        if (in.remaining() < PullCodec.PULL_HEADER) {
            request.fail(WireCode.BAD_REQUEST, "a pull of " + in.remaining() + " bytes");
            return;
        }
        long wantedSpec = in.getLong();
        long mapVersion = in.getLong();
        int n = in.getInt();
        if (wantedSpec != fingerprint) {
            request.fail(WireCode.BAD_REQUEST, fingerprint, "these are weights of another spec");
        } else if (n < 0 || n > maxKeys || in.remaining() != (long) n * Long.BYTES) {
            request.fail(
                    WireCode.BAD_REQUEST, n + " keys in " + in.remaining() + " bytes, at most " + maxKeys + " keys");
        } else {
            pull(request, mapVersion, in, n);
        }
    }

    private void pull(FlatRequest request, long mapVersion, ByteBuffer in, int n) {
        ServedVersion now = state.version();
        if (isLoading(now, request)) {
            return;
        }
        int shards = now.shards().size();
        if (mapVersion != shards) {
            request.fail(WireCode.WRONG_MAP, shards, "the model has " + shards + " shards");
            return;
        }
        Scratch mine = scratch(n);
        in.order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(mine.keys, 0, n);
        for (int i = 0; i < n; i++) {
            if (!serves.test(keys.shardOf(mine.keys[i], shards))) {
                request.fail(WireCode.NOT_OWNER, "a key of a shard that is not served here");
                return;
            }
        }
        ServedVersion read = weights.read(mine.keys, n, mine.weights);
        byte[] versions = header(read);
        request.reply(Long.BYTES + versions.length + n * width * Float.BYTES, out -> {
            out.putLong(shards).put(versions);
            out.asFloatBuffer().put(mine.weights, 0, n * width);
            out.position(out.position() + n * width * Float.BYTES);
        });
    }

    private Scratch scratch(int n) {
        Scratch mine = scratch.get();
        if (mine.keys.length < n) {
            int room = Math.min(maxKeys, Math.max(1024, Integer.highestOneBit(n) * 2));
            mine.keys = new long[room];
            mine.weights = new float[room * width];
        }
        return mine;
    }

    private byte[] header(ServedVersion version) {
        Header known = header;
        if (!known.of().equals(version.shards())) {
            List<Integer> served = IntStream.range(0, version.shards().size())
                    .filter(serves)
                    .boxed()
                    .toList();
            known = new Header(version.shards(), PullCodec.versions(version, served));
            header = known;
        }
        return known.bytes();
    }
}
