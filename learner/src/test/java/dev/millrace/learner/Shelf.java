package dev.millrace.learner;

import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.parity.ShardParity;
import dev.millrace.ps.serve.ReplicaState;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightReader;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Weights as deltas brought them. */
public final class Shelf implements WeightReader, ReplicaState {
    private final Map<Long, float[]> rows = new HashMap<>();
    private ServedVersion version = ServedVersion.before(1);

    public void apply(Delta delta) {
        for (int i = 0; i < delta.keys().length; i++) {
            rows.put(delta.keys()[i], Arrays.copyOfRange(delta.weights(), delta.at(i), delta.at(i) + delta.width()));
        }
        version = version.after(delta.header(), 0);
    }

    @Override
    public ServedVersion read(long[] keys, int n, float[] weights) {
        int width = rows.values().iterator().next().length;
        for (int i = 0; i < n; i++) {
            float[] row = rows.getOrDefault(keys[i], new float[width]);
            System.arraycopy(row, 0, weights, i * width, width);
        }
        return version;
    }

    @Override
    public ServedVersion version() {
        return version;
    }

    @Override
    public boolean caughtUp() {
        return true;
    }

    @Override
    public void onApplied(Consumer<ServedVersion> listener) {}

    @Override
    public List<ShardParity> parity() {
        return List.of();
    }
}
