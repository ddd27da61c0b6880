package dev.millrace.ps.model;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.ps.table.KeyHash;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;

/**
 * Which training row a serving row comes from. It is the row of the same key, but for the scale of a standardized
 * number: mean and scale are learned in one row, that of the mean, and so belong to the mean's shard. Immutable.
 */
public final class ServingKeys {
    private final long[] scales;
    private final LongOpenHashSet scaleSet;
    private final boolean network;

    public ServingKeys(ModelSpec spec) {
        scales = spec.slots().stream()
                .filter(Slot::standardize)
                .mapToLong(s -> FeatureIds.pack(FeatureIds.slot(s.name()), Vectorizer.NUMBER_SCALE))
                .toArray();
        scaleSet = new LongOpenHashSet(scales);
        network = !spec.network().isLinear();
    }

    /** The key of the training row that makes the serving row of this key. */
    public long trainingKey(long servingKey) {
        return isScale(servingKey) ? meanOf(servingKey) : servingKey;
    }

    /** The shard whose deltas carry the serving row of this key. */
    public int shardOf(long servingKey, int shards) {
        return shards == 1 ? 0 : shardOfRow(trainingKey(servingKey), shards);
    }

    /** The shard of a training row: a network's layers have one together, so that no version has half of them. */
    public static int shardOfRow(long trainingKey, int shards) {
        return KeyHash.shardOf(FeatureIds.isLayers(trainingKey) ? FeatureIds.dense(0) : trainingKey, shards);
    }

    /** Whether a row is worth something only beside the others, and the layers, that it was learned with. */
    public boolean areOfNetwork() {
        return network;
    }

    public boolean isScale(long servingKey) {
        return scales.length > 0 && scaleSet.contains(servingKey);
    }

    /** Keys of the scales of all standardized numbers. */
    public long[] scales() {
        return scales.clone();
    }

    /** The scale that is learned in one row with this mean. */
    public static long scaleOf(long meanKey) {
        return FeatureIds.pack(FeatureIds.slotOf(meanKey), Vectorizer.NUMBER_SCALE);
    }

    /** The mean that is learned in one row with this scale. */
    public static long meanOf(long scaleKey) {
        return FeatureIds.pack(FeatureIds.slotOf(scaleKey), Vectorizer.NUMBER_MEAN);
    }
}
