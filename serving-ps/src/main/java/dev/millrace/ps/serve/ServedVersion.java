package dev.millrace.ps.serve;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.table.KeyHash;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which weights score, and what they have learned. Made of the versions of the model's shards: the sequence is the sum
 * of theirs, so that each delta of any shard makes the next version; what was learned is what every shard has learned.
 *
 * @param sequence deltas applied, over all shards; 0 before the first
 * @param learnedMs when the learner made the last of them, milliseconds since the epoch
 * @param appliedMs when it was applied here
 * @param watermarkMs event time up to which the weights have learned: the least of the shards'
 * @param sampleOffsets partition of the samples topic to the offset up to which (exclusive) all shards include it
 * @param samples distinct samples learned: the bias row's update count
 * @param sampleIdSum wrapping sum of the learned samples' ids
 * @param duplicateSamples samples that came again and were not learned again
 * @param rows rows that serve
 * @param shards each shard's version; empty where nothing is known of shards
 */
public record ServedVersion(
        long sequence,
        long learnedMs,
        long appliedMs,
        long watermarkMs,
        Map<Integer, Long> sampleOffsets,
        long samples,
        long sampleIdSum,
        long duplicateSamples,
        long rows,
        List<ShardVersion> shards) {
    public static final ServedVersion NONE = new ServedVersion(0, 0, 0, 0, Map.of(), 0, 0, 0, 0);

    public ServedVersion {
        sampleOffsets = Map.copyOf(sampleOffsets);
        shards = List.copyOf(shards);
    }

    /** Of weights that say nothing of shards. */
    public ServedVersion(
            long sequence,
            long learnedMs,
            long appliedMs,
            long watermarkMs,
            Map<Integer, Long> sampleOffsets,
            long samples,
            long sampleIdSum,
            long duplicateSamples,
            long rows) {
        this(
                sequence,
                learnedMs,
                appliedMs,
                watermarkMs,
                sampleOffsets,
                samples,
                sampleIdSum,
                duplicateSamples,
                rows,
                List.of());
    }

    /** Before the first delta of each shard. */
    public static ServedVersion before(int shards) {
        return of(Collections.nCopies(shards, ShardVersion.NONE), 0, 0, 0);
    }

    /** What weights serve that are at these versions of their shards. */
    public static ServedVersion of(List<ShardVersion> shards, long learnedMs, long appliedMs, long rows) {
        // Every sample updates the bias, so the bias's shard counts them all.
        ShardVersion bias = shards.get(KeyHash.shardOf(FeatureIds.BIAS, shards.size()));
        return new ServedVersion(
                shards.stream().mapToLong(ShardVersion::sequence).sum(),
                learnedMs,
                appliedMs,
                shards.stream().mapToLong(ShardVersion::watermarkMs).min().orElse(0),
                leastOffsets(shards),
                bias.samples(),
                bias.sampleIdSum(),
                bias.duplicateSamples(),
                rows,
                shards);
    }

    /** A shard publishes its offsets as they move, rows or not: one that has not spoken of a partition has none of it. */
    private static Map<Integer, Long> leastOffsets(List<ShardVersion> shards) {
        if (shards.size() == 1) {
            return shards.getFirst().sampleOffsets();
        }
        Map<Integer, Long> least = new HashMap<>();
        for (ShardVersion any : shards) {
            for (int partition : any.sampleOffsets().keySet()) {
                least.computeIfAbsent(
                        partition,
                        p -> shards.stream()
                                .mapToLong(s -> s.sampleOffsets().getOrDefault(p, 0L))
                                .min()
                                .orElse(0));
            }
        }
        return least;
    }

    /** This version and one more delta of a shard. */
    public ServedVersion after(Delta.Header header, long appliedMs) {
        ShardVersion before = shards.get(header.shard());
        Map<Integer, Long> offsets = new HashMap<>(before.sampleOffsets());
        header.ranges().forEach((partition, range) -> offsets.put(partition, range.to()));
        var now = new ShardVersion(
                header.sequence(),
                header.epoch(),
                header.watermarkMs(),
                offsets,
                header.samples(),
                header.sampleIdSum(),
                header.duplicateSamples());
        return with(header.shard(), now, header.learnedMs(), appliedMs);
    }

    /** The same with another version of one shard. */
    public ServedVersion with(int shard, ShardVersion version, long learnedMs, long appliedMs) {
        List<ShardVersion> changed = new ArrayList<>(shards);
        changed.set(shard, version);
        return of(changed, learnedMs, appliedMs, rows);
    }

    public ServedVersion withRows(long rows) {
        return new ServedVersion(
                sequence,
                learnedMs,
                appliedMs,
                watermarkMs,
                sampleOffsets,
                samples,
                sampleIdSum,
                duplicateSamples,
                rows,
                shards);
    }
}
