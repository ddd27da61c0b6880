package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.source.BlockFile;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.Split;
import dev.millrace.ingest.source.SplitReader;
import dev.millrace.ingest.source.Splits;
import dev.millrace.ingest.source.Workers;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.training.ShardState;
import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model from files, by workers in step:
 *
 * <pre>
 *  each worker   reads its next block       (its split; the next one where that has ended)
 *  ── barrier ──
 *  all workers   learn all of these blocks, in the workers' order
 *  ── barrier ──
 * </pre>
 *
 * So the same files, workers and order give the same model. One use.
 */
public final class BulkTrainer {
    /**
     * @param workers threads, each of which reads and learns
     * @param inOrder whether samples are learned in the files' order; otherwise each worker has its own files first
     * @param recentIds how many of the latest sample ids the online learner will recognize when they come again
     */
    public record Config(int workers, boolean inOrder, int recentIds) {
        public Config {
            if (workers < 1 || workers > 64) {
                throw new IllegalArgumentException("workers must be between 1 and 64, not " + workers);
            }
            if (recentIds < 1) {
                throw new IllegalArgumentException("recentIds must be at least 1");
            }
        }
    }

    /** Told how far it is, by the first worker, after each round; quick. */
    @FunctionalInterface
    public interface Progress {
        void at(long bytes, long ofBytes, BulkLearned learned);
    }

    /** Quality so far; asking costs a little, so that whoever shows it asks now and then. */
    @FunctionalInterface
    public interface BulkLearned {
        BulkMetrics metrics();
    }

    private final ModelSpec spec;
    private final Config config;
    private final Progress progress;
    private final StepBarrier barrier;
    private final BlockLearner learner;
    private final @Nullable SampleBlock[] blocks;
    private final RecentRing recent;
    private long watermarkMs = Long.MIN_VALUE;

    public BulkTrainer(ModelSpec spec, Config config, Progress progress) {
        this.spec = spec;
        this.config = config;
        this.progress = progress;
        barrier = new StepBarrier(config.workers());
        learner = ShardedFtrl.canLearn(spec) ? new ShardedFtrl(spec, config.workers(), barrier) : new StepLearner(spec);
        blocks = new SampleBlock[config.workers()];
        recent = new RecentRing(config.recentIds());
    }

    /**
     * Learns all samples of the sources, one source after the other.
     *
     * @throws IOException as its readers do; nothing is to be used then
     */
    public TrainedModel train(List<BulkSource> sources) throws IOException, InterruptedException {
        for (BulkSource source : sources) {
            train(source);
        }
        ShardState state = learner.finish();
        for (BulkSource source : sources) {
            include(state, source.log());
        }
        return new TrainedModel(spec, state, learner.metrics(), recent.toArray());
    }

    /** Learns samples that are in memory already, in their order. */
    public TrainedModel trainBlocks(List<SampleBlock> samples) throws IOException, InterruptedException {
        Workers.run(config.workers(), "bulk", worker -> learn(worker, samples), barrier::breakUp);
        return new TrainedModel(spec, learner.finish(), learner.metrics(), recent.toArray());
    }

    private void learn(int worker, List<SampleBlock> samples) {
        SampleBlock[] one = new SampleBlock[1];
        for (SampleBlock block : samples) {
            one[0] = block;
            learner.learn(worker, one);
            if (worker == 0) {
                recent.add(block);
            }
        }
    }

    /** The rows include these records: the online learner goes on behind them. */
    private void include(ShardState state, SortedMap<Integer, BlockFile.Range> log) {
        log.forEach((partition, range) -> {
            state.include(partition, range.from(), range.to());
            state.watermark(partition, watermarkMs);
        });
    }

    private void train(BulkSource source) throws IOException, InterruptedException {
        Splits splits = config.inOrder()
                ? Splits.inOrder(source.splits(), config.workers())
                : Splits.ownFilesFirst(source.splits(), config.workers());
        Workers.run(config.workers(), "bulk", worker -> work(worker, splits, source.reader()), barrier::breakUp);
    }

    private void work(int worker, Splits splits, SplitReader reader) throws IOException {
        while (true) {
            blocks[worker] = next(worker, splits, reader);
            barrier.await();
            if (!anyLeft()) {
                return;
            }
            learner.learn(worker, blocks);
            if (worker == 0) {
                note();
            }
            barrier.await();
            if (worker == 0) {
                progress.at(splits.claimedBytes(), splits.bytes(), learner::metrics);
            }
        }
    }

    private static @Nullable SampleBlock next(int worker, Splits splits, SplitReader reader) throws IOException {
        while (true) {
            SampleBlock block = reader.next();
            if (block != null) {
                return block;
            }
            Split split = splits.claim(worker);
            if (split == null) {
                return null;
            }
            reader.open(split);
        }
    }

    private boolean anyLeft() {
        for (SampleBlock block : blocks) {
            if (block != null) {
                return true;
            }
        }
        return false;
    }

    private void note() {
        for (SampleBlock block : blocks) {
            if (block != null) {
                recent.add(block);
                watermarkMs = Math.max(watermarkMs, block.header().watermarkMs());
            }
        }
    }
}
