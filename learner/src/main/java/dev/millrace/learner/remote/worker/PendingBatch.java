package dev.millrace.learner.remote.worker;

import dev.millrace.learner.remote.push.BatchKeys;
import dev.millrace.learner.remote.push.MinibatchStep;
import java.nio.ByteBuffer;

/** A batch on its way from the samples to the journal: its weights are asked for, shard by shard. The worker's thread. */
final class PendingBatch {
    private final MinibatchStep step;
    private final Pull[] pulls;

    private enum Pull {
        DUE,
        ASKED,
        DONE
    }

    PendingBatch(MinibatchStep step, int shards) {
        this.step = step;
        this.pulls = new Pull[shards];
        for (int shard = 0; shard < shards; shard++) {
            pulls[shard] = step.keys().size(shard) == 0 ? Pull.DONE : Pull.DUE;
        }
    }

    MinibatchStep step() {
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
        BatchKeys keys = step.keys();
        if (weights.remaining() != keys.size(shard) * Float.BYTES) {
            throw new IllegalStateException(
                    "shard " + shard + " answered " + weights.remaining() + " bytes to " + keys.size(shard) + " keys");
        }
        for (int i = 0; i < keys.size(shard); i++) {
            step.weight(keys.number(shard, i), weights.getFloat());
        }
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
