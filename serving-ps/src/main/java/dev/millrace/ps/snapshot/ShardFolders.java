package dev.millrace.ps.snapshot;

import java.nio.file.Path;

/** Where each shard of a model keeps its snapshots, so that a folder has one writer. */
public final class ShardFolders {
    private ShardFolders() {}

    /** The model's folder itself for a model of one shard, else {@code shard-K} below it. */
    public static Path of(Path model, int shard, int shards) {
        return shards == 1 ? model : model.resolve("shard-" + shard);
    }
}
