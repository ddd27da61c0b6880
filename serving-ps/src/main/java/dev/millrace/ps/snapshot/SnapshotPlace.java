package dev.millrace.ps.snapshot;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Where the snapshots of a model are kept. Each shard has a store of its own there. */
public sealed interface SnapshotPlace {
    /**
     * A shard's store, to be closed.
     *
     * @param keep how many full members stay, with their increments
     */
    SnapshotStore store(int shard, int shards, int keep);

    /** Where the numbered version's members are, which are never pruned; the caller closes it. For a model of one shard. */
    SnapshotStore version(long number);

    /** A place within this one: of one model, where this one is of several. */
    SnapshotPlace below(String name);

    static SnapshotPlace folder(Path folder) {
        return new Folder(folder);
    }

    /**
     * A folder, or {@code s3://BUCKET/PREFIX?region=REGION&endpoint=URL}; the region is {@code us-east-1} and the
     * endpoint Amazon's unless given.
     *
     * @param scratch folder for what is being downloaded
     * @throws IllegalArgumentException saying what is wrong
     */
    static SnapshotPlace parse(String text, Path scratch) {
        return text.startsWith("s3:") ? bucket(URI.create(text), scratch) : folder(Path.of(text));
    }

    private static SnapshotPlace bucket(URI uri, Path scratch) {
        if (uri.getHost() == null) {
            throw new IllegalArgumentException("'" + uri + "' is not s3://BUCKET/PREFIX");
        }
        Map<String, String> options = new HashMap<>();
        String query = uri.getQuery() == null ? "" : uri.getQuery();
        for (String option : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = option.indexOf('=');
            String name = equals < 0 ? option : option.substring(0, equals);
            if (!Set.of("region", "endpoint").contains(name)) {
                throw new IllegalArgumentException(
                        "'" + name + "' is no option of an s3 place; region and endpoint are");
            }
            options.put(name, option.substring(equals + 1));
        }
        String path = uri.getPath().replaceAll("^/+|/+$", "");
        String endpoint = options.get("endpoint");
        return new Bucket(S3Location.of(
                endpoint == null ? null : URI.create(endpoint),
                options.getOrDefault("region", "us-east-1"),
                uri.getHost(),
                path.isEmpty() ? "" : path + "/",
                scratch));
    }

    /** @param folder of the model */
    record Folder(Path folder) implements SnapshotPlace {
        @Override
        public SnapshotStore store(int shard, int shards, int keep) {
            return new SnapshotFolder(ShardFolders.of(folder, shard, shards), keep);
        }

        @Override
        public SnapshotStore version(long number) {
            return new SnapshotFolder(folder.resolve("versions").resolve(Long.toString(number)), Integer.MAX_VALUE);
        }

        @Override
        public SnapshotPlace below(String name) {
            return new Folder(folder.resolve(name));
        }

        @Override
        public String toString() {
            return folder.toString();
        }
    }

    /** @param model with the prefix of the model */
    record Bucket(S3Location model) implements SnapshotPlace {
        @Override
        public SnapshotStore store(int shard, int shards, int keep) {
            return new S3SnapshotStore(shards == 1 ? model : model.below("shard-" + shard + "/"), keep);
        }

        @Override
        public SnapshotStore version(long number) {
            return new S3SnapshotStore(model.below("versions/" + number + "/"), Integer.MAX_VALUE);
        }

        @Override
        public SnapshotPlace below(String name) {
            return new Bucket(model.below(name + "/"));
        }

        @Override
        public String toString() {
            return "s3://" + model.bucket() + "/" + model.prefix();
        }
    }
}
