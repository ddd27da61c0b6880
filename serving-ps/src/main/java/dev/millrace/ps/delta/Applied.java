package dev.millrace.ps.delta;

/** What became of a delta. */
public sealed interface Applied {
    /** It was the shard's next one; its rows serve now. */
    record Advanced(long sequence) implements Applied {}

    /** Its sequence was applied already; dropped. */
    record Duplicate(long sequence) implements Applied {}

    /** Deltas of its shard are missing before it; to be mended from a snapshot. */
    record Gap(long expected, long found) implements Applied {}

    /** Its rows mean other features than this spec's; dropped. */
    record WrongSpec(long expected, long found) implements Applied {}

    /** It is of a shard that this model does not have, or of a model with another number of shards; dropped. */
    record WrongShard(int shards, int found, int foundShards) implements Applied {}

    /** A later owner of its shard has published already: this one's sender does not know that it lost it; dropped. */
    record Fenced(long epoch, long found) implements Applied {}
}
