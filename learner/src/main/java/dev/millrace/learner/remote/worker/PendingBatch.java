package dev.millrace.learner.remote.worker;

import dev.millrace.learner.remote.push.BatchStep;
import java.nio.ByteBuffer;

/** A batch on its way from the samples to the journal: its weights are asked for, shard by shard. The worker's thread. */
final class PendingBatch {
    private final BatchStep step;
    private final Pull[] pulls;

    private enum Pull {
        DUE,
        ASKED,
        DONE
    }

    PendingBatch(BatchStep step, int shards) {
        this.step = step;
        this.pulls = new Pull[shards];
        for (int shard = 0; shard < shards; shard++) {
            pulls[shard] = step.pulls(shard) ? Pull.DUE : Pull.DONE;
        }
    }

    BatchStep step() {
        return step;
    }

    int partition() {
        return step.batch().partition();
    }

    boolean isDue(int shard) {
        return pulls[shard] == Pull.DUE;
    }

    void pull(ShardLink link, int shard) {
        pulls[shard] = Pull.ASKED;
        link.pull(step.keys(), weights -> pulled(shard, weights));
    }

    /** The shard will not answer what it was asked. */
    void lost(int shard) {
        if (pulls[shard] == Pull.ASKED) {
            pulls[shard] = Pull.DUE;
        }
    }

    private void pulled(int shard, ByteBuffer weights) {
        step.pulled(shard, weights);
        pulls[shard] = Pull.DONE;
    }

    boolean isPulled() {
        for (Pull pull : pulls) {
            if (pull != Pull.DONE) {
                return false;
            }
        }
        return true;
    }
}
