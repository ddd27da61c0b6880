package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.parity.ShardParity;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Scores with weights that are kept elsewhere: all keys of a request are read at once, in one version, each of them
 * once. The same bits as a replica in this process, at the same version.
 */
public final class GatheredWeightServer implements WeightServer {
    private final ModelSpec spec;
    private final VectorPool vectors;
    private final Scorer scorer;
    private final @Nullable Posterior posterior;
    private final WeightReader reader;
    private final ReplicaState state;

    /** @param state of the weights that are read */
    public GatheredWeightServer(ModelSpec spec, WeightReader reader, ReplicaState state) {
        this.spec = spec;
        this.state = state;
        this.reader = reader;
        vectors = new VectorPool(new Vectorizer(spec));
        scorer = GatheredScore.scorer(spec, reader);
        posterior = Posterior.orNull(spec, reader);
    }

    @Override
    public ModelSpec spec() {
        return spec;
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
    public List<ShardParity> parity() {
        return state.parity();
    }

    @Override
    public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
        return vectors.score(scorer, request, items, scores);
    }

    @Override
    public long draw(RawFeatures request, List<RawFeatures> items, long seed, float[] scores, float[][] draws) {
        Posterior drawn = Posterior.of(posterior);
        return vectors.score((vector, out) -> drawn.score(vector, seed, out, draws), request, items, scores);
    }

    @Override
    public ServedVersion read(long[] keys, int n, float[] weights) {
        return reader.read(keys, n, weights);
    }
}
