package dev.millrace.ps.remote;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.serve.GatheredWeightServer;
import dev.millrace.ps.serve.PolledState;
import dev.millrace.ps.serve.ServedVersion;
import dev.millrace.ps.serve.WeightServer;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/**
 * Scores with weights that serving-ps processes hold. While some are away without others in their place, scoring fails
 * with {@code WeightsUnavailable}, and it goes on by itself when they are back.
 */
public final class RemoteWeightServer implements WeightServer, AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(50);

    private final RemoteWeights weights;
    private final PolledState state;
    private final GatheredWeightServer scorer;

    private RemoteWeightServer(RemoteWeights weights, ModelSpec spec) {
        this.weights = weights;
        state = new PolledState(spec.model(), weights::state, LOOK);
        scorer = new GatheredWeightServer(spec, weights, state);
    }

    /** @throws IllegalArgumentException as {@link RemoteWeights#connect} */
    public static RemoteWeightServer connect(RemoteConfig config, ModelSpec spec) {
        return new RemoteWeightServer(RemoteWeights.connect(config, spec), spec);
    }

    @Override
    public ModelSpec spec() {
        return scorer.spec();
    }

    @Override
    public ServedVersion version() {
        return state.version();
    }

    @Override
    public boolean caughtUp() {
        return state.caughtUp();
    }

    @Override
    public void onApplied(Consumer<ServedVersion> listener) {
        state.onApplied(listener);
    }

    @Override
    public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
        return scorer.score(request, items, scores);
    }

    @Override
    public long draw(RawFeatures request, List<RawFeatures> items, long seed, float[] scores, float[][] draws) {
        return scorer.draw(request, items, seed, scores, draws);
    }

    @Override
    public ServedVersion read(long[] keys, int n, float[] to) {
        return weights.read(keys, n, to);
    }

    @Override
    public void close() {
        state.close();
        weights.close();
    }
}
