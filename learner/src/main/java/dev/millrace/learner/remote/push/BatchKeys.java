package dev.millrace.learner.remote.push;

import dev.millrace.ingest.feature.Vectorizer;
import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ps.model.LinearModel;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongArrayList;

/** The distinct keys of a batch, numbered in the order in which its samples name them, and by shard. One thread. */
public final class BatchKeys {
    private final Routes routes;
    private final Long2IntOpenHashMap index = new Long2IntOpenHashMap();
    private final LongArrayList keys = new LongArrayList();
    private final IntArrayList[] byShard;

    public BatchKeys(Routes routes) {
        this.routes = routes;
        index.defaultReturnValue(-1);
        byShard = new IntArrayList[routes.shards()];
        for (int shard = 0; shard < byShard.length; shard++) {
            byShard[shard] = new IntArrayList();
        }
    }

    /** The key's number, a new one if it had none. */
    int add(long key) {
        int known = index.putIfAbsent(key, keys.size());
        if (known >= 0) {
            return known;
        }
        byShard[routes.shardOf(key)].add(keys.size());
        keys.add(key);
        return keys.size() - 1;
    }

    /** The number of a feature's key; of a standardized number's, mean and scale are named too. */
    int addFeature(long id, LinearModel model) {
        int number = add(id);
        if (model.isStandardized(id)) {
            int unused = add(mean(id)) + add(FeatureIds.pack(FeatureIds.slotOf(id), Vectorizer.NUMBER_SCALE));
        }
        return number;
    }

    /** The key of the mean of a standardized number. */
    static long mean(long id) {
        return FeatureIds.pack(FeatureIds.slotOf(id), Vectorizer.NUMBER_MEAN);
    }

    /** The key's number; −1 when no sample names it. */
    int find(long key) {
        return index.get(key);
    }

    public int size() {
        return keys.size();
    }

    public long key(int number) {
        return keys.getLong(number);
    }

    /** How many of them a shard answers for. */
    public int size(int shard) {
        return byShard[shard].size();
    }

    /** Number of the shard's i-th key. */
    public int number(int shard, int i) {
        return byShard[shard].getInt(i);
    }

    Routes routes() {
        return routes;
    }
}
