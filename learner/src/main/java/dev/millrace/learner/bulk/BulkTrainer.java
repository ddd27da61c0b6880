package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.source.BlockFile;
import dev.millrace.ingest.source.BulkSource;
import dev.millrace.ingest.source.DataException;
import dev.millrace.ingest.source.Split;
import dev.millrace.ingest.source.SplitReader;
import dev.millrace.ingest.source.Splits;
import dev.millrace.ingest.source.Workers;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.step.StepMaker;
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
 * Where one worker learns by itself, it learns what the others have read in the round before, while they read on. So the
 * same files, workers and order give the same model. One use.
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
    /** Of this round and the one before, in turns. */
    private final @Nullable SampleBlock[][] rounds;

    private final RecentRing recent;
    private long watermarkMs = Long.MIN_VALUE;

    public BulkTrainer(ModelSpec spec, Config config, Progress progress) {
        this(spec, config, StepMaker.CPU, progress);
    }

    /** @param steps of a model with embeddings; linear ones are learned by all workers, on the CPU */
    public BulkTrainer(ModelSpec spec, Config config, StepMaker steps, Progress progress) {
        this.spec = spec;
        this.config = config;
        this.progress = progress;
        barrier = new StepBarrier(config.workers());
        learner = ShardedFtrl.canLearn(spec)
                ? new ShardedFtrl(spec, config.workers(), barrier)
                : new StepLearner(spec, steps);
        rounds = new SampleBlock[2][config.workers()];
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
        return new TrainedModel(spec, state, learner, recent.toArray());
    }

    /** Learns samples that are in memory already, in their order. */
    public TrainedModel trainBlocks(List<SampleBlock> samples) throws IOException, InterruptedException {
        Workers.run(config.workers(), "bulk", worker -> learn(worker, samples), barrier::breakUp);
        ShardState state = learner.finish();
        return new TrainedModel(spec, state, learner, recent.toArray());
    }

    private void learn(int worker, List<SampleBlock> samples) {
        if (worker > 0 && learner.isOneWorkers()) {
            return;
        }
        learner.expect(worker, samples.stream().mapToLong(SampleBlock::size).sum());
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
    private void include(ShardState state, SortedMap<Integer, BlockFile.Range> log) throws DataException {
        for (var entry : log.entrySet()) {
            int partition = entry.getKey();
            BlockFile.Range range = entry.getValue();
            long known = state.offsets().getOrDefault(partition, range.from());
            if (known != range.from()) {
                throw new DataException("records of samples partition " + partition + " go on at " + range.from()
                        + " in one place and end at " + known + " in the one before; give archives in their order");
            }
            state.include(partition, range.from(), range.to());
            state.watermark(partition, watermarkMs);
        }
    }

    private void train(BulkSource source) throws IOException, InterruptedException {
        boolean ahead = learner.isOneWorkers() && config.workers() > 1;
        int readers = ahead ? config.workers() - 1 : config.workers();
        Splits splits = config.inOrder()
                ? Splits.inOrder(source.splits(), readers)
                : Splits.ownFilesFirst(source.splits(), readers);
        Workers.run(
                config.workers(),
                "bulk",
                worker -> {
                    if (ahead) {
                        workAhead(worker, splits, source.reader());
                    } else {
                        work(worker, splits, source.reader());
                    }
                },
                barrier::breakUp);
    }

    private void work(int worker, Splits splits, SplitReader reader) throws IOException {
        @Nullable SampleBlock[] blocks = rounds[0];
        long read = 0;
        while (true) {
            blocks[worker] = next(worker, splits, reader);
            barrier.await();
            if (!anyLeft(blocks)) {
                return;
            }
            read += samples(blocks);
            // Nobody claims a split meanwhile.
            learner.expect(worker, (long) ((double) read * splits.bytes() / Math.max(1, splits.claimedBytes())));
            learner.learn(worker, blocks);
            if (worker == 0) {
                note(blocks);
            }
            barrier.await();
            if (worker == 0) {
                progress.at(splits.claimedBytes(), splits.bytes(), learner::metrics);
            }
        }
    }

    private void workAhead(int worker, Splits splits, SplitReader reader) throws IOException {
        for (int round = 0; ; round++) {
            @Nullable SampleBlock[] now = rounds[round & 1];
            if (worker > 0) {
                now[worker] = next(worker - 1, splits, reader);
            } else if (round > 0) {
                @Nullable SampleBlock[] before = rounds[(round - 1) & 1];
                learner.learn(worker, before);
                note(before);
                progress.at(splits.claimedBytes(), splits.bytes(), learner::metrics);
            }
            barrier.await();
            if (!anyLeft(now)) {
                return;
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

    private static long samples(@Nullable SampleBlock[] blocks) {
        long samples = 0;
        for (SampleBlock block : blocks) {
            samples += block == null ? 0 : block.size();
        }
        return samples;
    }

    private static boolean anyLeft(@Nullable SampleBlock[] blocks) {
        for (SampleBlock block : blocks) {
            if (block != null) {
                return true;
            }
        }
        return false;
    }

    private void note(@Nullable SampleBlock[] blocks) {
        for (SampleBlock block : blocks) {
            if (block != null) {
                recent.add(block);
                watermarkMs = Math.max(watermarkMs, block.header().watermarkMs());
            }
        }
    }
}
