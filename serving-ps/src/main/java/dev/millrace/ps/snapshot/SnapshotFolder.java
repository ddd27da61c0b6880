package dev.millrace.ps.snapshot;

import java.nio.file.Path;

/** Snapshots of one shard as files of a folder. Those of version 1 are read too. */
public final class SnapshotFolder extends ChainedStore {
    /** @param keep how many full members stay, with their increments; at least 1 */
    public SnapshotFolder(Path dir, int keep) {
        super(new FolderBlobs(dir), keep);
    }
}
