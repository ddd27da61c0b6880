package dev.millrace.learner.bulk;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Cross;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import dev.millrace.ingest.spec.Slot;
import dev.millrace.learner.training.ShardState;
import dev.millrace.ps.model.TrainingLayout;
import dev.millrace.ps.table.OffHeapTable;
import dev.millrace.ps.table.ParameterTable;
import it.unimi.dsi.fastutil.longs.LongOpenHashSet;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logistic regression by FTRL-Proximal (McMahan et al. 2013) over key shards, a worker each. Per minibatch:
 *
 * <pre>
 *  each worker   its own features of all samples → rows → Σ w·x of each sample, its part
 *  ── barrier ──  (and, before waiting, the next minibatch's features)
 *  each worker   adds up the parts of its share of the samples → p → the sample's error
 *  ── barrier ──
 *  each worker   g → z, n of its own rows
 * </pre>
 *
 * Gradients are those of the weights that the minibatch began with. It grows with what was learned: one sample at first,
 * for 40 features that move together would overshoot, and at most {@link #MOST}. The same blocks and workers give the
 * same bits; another number of workers adds in another order.
 *
 * <p>Rows of numbers and of features that come often are updated once a minibatch ({@link MergedRows}), the others one
 * sample after the other.
 *
 * <p>A slot's rows belong to one worker; slots are dealt out by how often they occur in the first block.
 */
final class ShardedFtrl implements BlockLearner {
    private static final Logger LOG = LoggerFactory.getLogger(ShardedFtrl.class);

    /** Samples of a minibatch. */
    static final int MOST = 320;

    private static final int SAMPLES_A_STEP = 64;
    private static final int SLOTS = 1 << 16;

    /** What a feature costs that is a number, one that came before, and one that did not, as a cache miss is likely. */
    private static final int NUMBERS = 1;

    private static final int AGAIN = 3;
    private static final int NEW = 9;

    private final ModelSpec spec;
    private final ShardState state;
    private final StepBarrier barrier;
    private final FtrlShard[] shards;
    private final byte[] owners = new byte[SLOTS];
    private boolean dealt;

    /** Whether the spec asks for nothing that this cannot do. */
    static boolean canLearn(ModelSpec spec) {
        return spec.network().isLinear()
                && spec.objective() == Objective.LOGISTIC
                && spec.slots().stream()
                        .noneMatch(slot -> slot.standardize() || slot.life().minCount() > 1)
                && spec.crosses().stream().noneMatch(cross -> cross.life().minCount() > 1);
    }

    ShardedFtrl(ModelSpec spec, int workers, StepBarrier barrier) {
        this.spec = spec;
        this.barrier = barrier;
        state = ShardState.empty(spec, ShardState.Id.ONLY);
        shards = new FtrlShard[workers];
        float[] errors = new float[MOST];
        for (int w = 0; w < workers; w++) {
            ParameterTable table = w == 0
                    ? state.table()
                    : new OffHeapTable(TrainingLayout.of(spec), spec.policies().maxRows());
            // The first one's table gets all rows in the end.
            shards[w] = new FtrlShard(w, workers, spec.optimizer(), table, w == 0 ? workers : 1, owners, errors);
        }
    }

    @Override
    public void learn(int worker, @Nullable SampleBlock[] blocks) {
        for (SampleBlock block : blocks) {
            if (block != null && block.size() > 0) {
                learn(shards[worker], block);
            }
        }
    }

    @Override
    public void expect(int worker, long samples) {
        shards[worker].expect(samples);
    }

    private void learn(FtrlShard shard, SampleBlock block) {
        if (!dealt) {
            barrier.await();
            if (shard.worker() == 0) {
                deal(block);
            }
            barrier.await();
            dealt = true;
        }
        int to = end(block, 0, shard.samples());
        for (int from = 0; from < block.size(); ) {
            shard.forward(block, from, to);
            int turn = barrier.arrive();
            int next = end(block, to, shard.samples() + to - from);
            shard.gatherAhead(block, to, next);
            barrier.await(turn);
            shard.errors(block, from, to, shards);
            barrier.await();
            shard.backward(block, from, to);
            from = to;
            to = next;
        }
    }

    /** Of the minibatch that begins there: a block's are about as long as each other. */
    private static int end(SampleBlock block, int from, long samplesBefore) {
        int left = block.size() - from;
        int most = (int) Math.clamp(samplesBefore / SAMPLES_A_STEP, 1, MOST);
        return left == 0 ? from : from + Math.ceilDiv(left, Math.ceilDiv(left, most));
    }

    /** The slot that costs most first, each to the worker who has least. */
    private void deal(SampleBlock block) {
        long[] counts = costs(block);
        Integer[] slots = slots(counts);
        long[] load = new long[shards.length];
        for (int i = 0; i < slots.length; i++) {
            int least = 0;
            for (int w = 1; w < load.length; w++) {
                least = load[w] < load[least] ? w : least;
            }
            owners[slots[i]] = (byte) least;
            load[least] += counts[slots[i]] + 1;
        }
    }

    /** What slots take of a worker's time, by the block's features, more or less. */
    private static long[] costs(SampleBlock block) {
        long[] costs = new long[SLOTS];
        LongOpenHashSet seen = new LongOpenHashSet();
        for (int f = 0; f < block.offset(block.size()); f++) {
            long id = block.featureId(f);
            boolean isNumber = FeatureIds.pack(0, id) == FeatureIds.VALUE;
            costs[FeatureIds.slotOf(id)] += isNumber ? NUMBERS : seen.add(id) ? NEW : AGAIN;
        }
        return costs;
    }

    /** All of the spec and of the block. */
    private Integer[] slots(long[] counts) {
        boolean[] known = new boolean[SLOTS];
        for (Slot slot : spec.slots()) {
            known[FeatureIds.slot(slot.name())] = true;
        }
        for (Cross cross : spec.crosses()) {
            known[FeatureIds.slot(cross.name())] = true;
        }
        return java.util.stream.IntStream.range(0, SLOTS)
                .filter(slot -> known[slot] || counts[slot] > 0)
                .boxed()
                .sorted((a, b) -> Long.compare(counts[b], counts[a]))
                .toArray(Integer[]::new);
    }

    @Override
    public boolean isOneWorkers() {
        return false;
    }

    @Override
    public BulkMetrics metrics() {
        BulkMetrics all = new BulkMetrics();
        Arrays.stream(shards).forEach(shard -> all.merge(shard.metrics()));
        return all;
    }

    @Override
    public ShardState finish() {
        long refused = Arrays.stream(shards).mapToLong(FtrlShard::refused).sum();
        state.count(shards[0].samples() - refused, 0, refused);
        state.sumIds(Arrays.stream(shards).mapToLong(FtrlShard::idSum).sum());
        Arrays.stream(shards).forEach(FtrlShard::writeBack);
        long withoutRoom = 0;
        for (int w = 1; w < shards.length; w++) {
            // A key has one owner.
            withoutRoom += state.table().insertAll(shards[w].table());
        }
        if (withoutRoom > 0) {
            LOG.warn(
                    "model {}: {} learned rows are more than policies.maxRows ({}) and are lost; raise it",
                    spec.model(),
                    withoutRoom,
                    spec.policies().maxRows());
        }
        return state;
    }
}
