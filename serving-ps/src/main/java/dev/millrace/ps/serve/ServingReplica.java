package dev.millrace.ps.serve;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.feature.RawFeatures;
import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.model.LinearModel;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Weights in memory that follow the delta log, kept on disk over a restart, mended from snapshots. */
public final class ServingReplica implements WeightServer, AutoCloseable {
    /**
     * @param rows folder of the rows on disk, this replica's own
     * @param snapshots folder of the learner's snapshots, read when deltas are missing
     */
    public record Config(String bootstrapServers, Path rows, Path snapshots) {}

    private final ModelSpec spec;
    private final Vectorizer vectorizer;
    private final VersionedWeights weights;
    private final RowStore store;
    private final DeltaFollower follower;
    private final List<Consumer<ServedVersion>> listeners = new CopyOnWriteArrayList<>();

    private ServingReplica(Config config, ModelSpec spec, Clock clock) {
        this.spec = spec;
        vectorizer = new Vectorizer(spec);
        weights = new VersionedWeights(new LinearModel(spec));
        store = RowStore.open(config.rows());
        var applier = new DeltaApplier(spec, weights, store, config.snapshots(), clock, this::applied);
        follower = new DeltaFollower(config.bootstrapServers(), spec.model(), applier);
    }

    /** Loads what is on disk, then follows the log on a thread of its own. */
    public static ServingReplica start(Config config, ModelSpec spec, Clock clock) {
        var replica = new ServingReplica(config, spec, clock);
        replica.follower.start();
        return replica;
    }

    @Override
    public ModelSpec spec() {
        return spec;
    }

    @Override
    public ServedVersion version() {
        return weights.version();
    }

    @Override
    public boolean caughtUp() {
        return follower.caughtUp();
    }

    @Override
    public void onApplied(Consumer<ServedVersion> listener) {
        listeners.add(listener);
    }

    private void applied(ServedVersion version) {
        listeners.forEach(l -> l.accept(version));
    }

    @Override
    public long score(RawFeatures request, List<RawFeatures> items, float[] scores) {
        Vectorizer.Request hashed = vectorizer.newRequest();
        FeatureVector vector = new FeatureVector();
        vectorizer.request(request, hashed, vector);
        int shared = vector.size();
        int[] ends = new int[items.size()];
        for (int i = 0; i < ends.length; i++) {
            vectorizer.item(items.get(i), hashed, vector);
            ends[i] = vector.size();
        }
        return weights.score(vector, shared, ends, scores);
    }

    @Override
    public void close() {
        follower.close();
        store.close();
    }
}
