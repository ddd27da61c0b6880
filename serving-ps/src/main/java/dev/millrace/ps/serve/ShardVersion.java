package dev.millrace.ps.serve;

import java.util.Map;

/**
 * What the weights of one shard have learned.
 *
 * @param sequence of the shard's last delta applied; 0 before the first
 * @param epoch of the shard's owner that made that delta
 * @param watermarkMs event time up to which the shard has learned
 * @param sampleOffsets partition of the samples topic to the offset up to which (exclusive) the shard includes it
 * @param samples distinct samples learned: the bias row's update count, in the shard that holds it
 * @param sampleIdSum wrapping sum of the learned samples' ids, likewise
 * @param duplicateSamples samples that came again and were not learned again
 */
public record ShardVersion(
        long sequence,
        long epoch,
        long watermarkMs,
        Map<Integer, Long> sampleOffsets,
        long samples,
        long sampleIdSum,
        long duplicateSamples) {
    public static final ShardVersion NONE = new ShardVersion(0, 0, 0, Map.of(), 0, 0, 0);

    public ShardVersion {
        sampleOffsets = Map.copyOf(sampleOffsets);
    }

    /** The same, made by another owner. */
    ShardVersion ofEpoch(long owners) {
        return new ShardVersion(sequence, owners, watermarkMs, sampleOffsets, samples, sampleIdSum, duplicateSamples);
    }
}
