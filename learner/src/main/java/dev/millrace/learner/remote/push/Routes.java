package dev.millrace.learner.remote.push;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ps.model.ServingKeys;

/** Which shard answers for a key. A number's scale is read from the row of its mean, so it lives in that row's shard. */
public final class Routes {
    private final int shards;
    private final long[] means;

    public Routes(ModelSpec spec, int shards) {
        if (shards < 1) {
            throw new IllegalArgumentException(shards + " shards");
        }
        this.shards = shards;
        this.means = spec.slots().stream()
                .filter(Slot::standardize)
                .mapToLong(s -> FeatureIds.pack(FeatureIds.slot(s.name()), Vectorizer.NUMBER_MEAN))
                .toArray();
    }

    public int shards() {
        return shards;
    }

    public int shardOf(long key) {
        return ServingKeys.shardOfRow(rowKey(key), shards);
    }

    /** The one that has all layers of the network. */
    public int layersShard() {
        return shardOf(FeatureIds.dense(0));
    }

    /** The key of the training row that holds what this key weighs. */
    public long rowKey(long key) {
        return isScale(key) ? FeatureIds.pack(FeatureIds.slotOf(key), Vectorizer.NUMBER_MEAN) : key;
    }

    /** Whether the key is the learned 1 / deviation of a standardized number. */
    public boolean isScale(long key) {
        for (long mean : means) {
            if (key == mean - Vectorizer.NUMBER_MEAN + Vectorizer.NUMBER_SCALE) {
                return true;
            }
        }
        return false;
    }

    /** Whether the key is the row of a standardized number's mean. */
    public boolean isMean(long key) {
        for (long mean : means) {
            if (key == mean) {
                return true;
            }
        }
        return false;
    }
}
