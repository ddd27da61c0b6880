package dev.millrace.deploy.chaos;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.ServingReplica;
import dev.millrace.ps.wire.FlatHandler;
import dev.millrace.ps.wire.FlatRequest;
import dev.millrace.ps.wire.WireCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** A serving replica that says how it is and what it serves; everything else of serving is left out. Any thread. */
public final class ChaosReplica implements FlatHandler {
    /** Answered by JSON: caughtUp, sequences, offsets, parity, rows. */
    static final int STATE = 32;
    /** i64 key[n], answered by f32 weight[n]. */
    static final int WEIGHTS = 33;

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final ServingReplica replica;

    public ChaosReplica(ServingReplica replica) {
        this.replica = replica;
    }

    @Override
    public void handle(FlatRequest request) {
        switch (request.op()) {
            case STATE -> {
                byte[] state = state();
                request.reply(state.length, target -> target.put(state));
            }
            case WEIGHTS -> weights(request);
            default -> request.fail(WireCode.BAD_REQUEST, "operation " + request.op());
        }
    }

    private byte[] state() {
        ServedVersion version = replica.version();
        ObjectNode state = MAPPER.createObjectNode();
        state.put("caughtUp", replica.caughtUp()).put("rows", version.rows());
        version.shards().forEach(shard -> state.withArray("sequences").add(shard.sequence()));
        ObjectNode offsets = state.putObject("offsets");
        version.sampleOffsets().forEach((partition, offset) -> offsets.put(Integer.toString(partition), offset));
        state.put("samples", version.samples()).put("idSum", version.sampleIdSum());
        state.put("parity", ShardParity.equal(replica.parity()));
        state.put(
                "mismatches",
                replica.parity().stream().mapToLong(ShardParity::mismatches).sum());
        try {
            return MAPPER.writeValueAsBytes(state);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void weights(FlatRequest request) {
        ByteBuffer body = request.body();
        int n = body.remaining() / Long.BYTES;
        long[] keys = new long[n];
        for (int i = 0; i < n; i++) {
            keys[i] = body.getLong();
        }
        float[] weights = new float[n * replica.spec().rowWidth()];
        replica.read(keys, n, weights);
        request.reply(weights.length * Float.BYTES, target -> {
            for (float weight : weights) {
                target.putFloat(weight);
            }
        });
    }
}
