package dev.millrace.learner.remote.push;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The worker's half of learning one batch: gathered keys, what was pulled of them, gradients, pushes. In order: pull from
 * every shard that {@link #pulls}, {@link #pulled} for each, {@link #learn}, then {@link #push} for every shard, also for
 * one that has no key in it: its offsets advance with the others'. One thread.
 */
public sealed interface BatchStep permits MinibatchStep, NetworkMinibatch {
    SampleBatch batch();

    BatchKeys keys();

    /** Whether the batch reads anything of a shard. */
    boolean pulls(int shard);

    /**
     * Takes what a shard answered to its keys.
     *
     * @throws IllegalStateException when the answer is not as long as it should be
     */
    void pulled(int shard, ByteBuffer answer);

    /** Pulls everything from shards of this process. @param shards all of them */
    default void pullFrom(List<PushApplier> shards) {
        for (int shard = 0; shard < shards.size(); shard++) {
            if (!pulls(shard)) {
                continue;
            }
            int of = shard;
            long[] its = IntStream.range(0, keys().size(of))
                    .mapToLong(i -> keys().key(keys().number(of, i)))
                    .toArray();
            PushApplier applier = shards.get(of);
            ByteBuffer answer =
                    ByteBuffer.allocate(applier.pullBytes(LongStream.of(its))).order(ByteOrder.LITTLE_ENDIAN);
            for (long key : its) {
                applier.pull(key, answer);
            }
            applier.pullLayers(answer);
            pulled(of, answer.flip());
        }
    }

    /** Forward and backward. */
    void learn();

    /** The push to one shard. Its buffer is its own, position 0 to its end. */
    ByteBuffer push(int shard);

    /** @throws IllegalStateException when an answer has not that many bytes */
    static void checkAnswer(int shard, int keys, ByteBuffer answer, long bytes) {
        if (answer.remaining() != bytes) {
            throw new IllegalStateException(
                    "shard " + shard + " answered " + answer.remaining() + " bytes to " + keys + " keys, not " + bytes);
        }
    }
}
