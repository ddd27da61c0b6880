package dev.millrace.learner.remote.sim;

import dev.millrace.learner.remote.worker.Journal;
import dev.millrace.learner.remote.worker.Staleness;
import dev.millrace.learner.remote.worker.WorkerConfig;
import dev.millrace.learner.remote.worker.WorkerCore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One learner with its journal, which survives it. */
final class SimLearner {
    private final SimWorld world;
    private final List<SimShard> shards;
    final Path journal;
    private final WorkerConfig config;
    private @Nullable WorkerCore core;
    private Deque<Runnable> inbox = new ArrayDeque<>();
    long rereads;

    SimLearner(SimWorld world, List<SimShard> shards, Path journal, Staleness staleness, long journalBytes) {
        this.world = world;
        this.shards = shards;
        this.journal = journal;
        config = new WorkerConfig(
                staleness,
                7,
                400,
                100_000,
                16,
                4,
                Duration.ofMillis(150),
                Duration.ofMillis(30),
                journalBytes,
                journalBytes / 8);
        start();
        tick();
    }

    void start() {
        // What a dead life still has on its way ends in its own inbox.
        Deque<Runnable> mine = new ArrayDeque<>();
        inbox = mine;
        try {
            core = new WorkerCore(
                    world.spec,
                    shards.size(),
                    config,
                    Journal.open(journal, shards.size(), config.journalBytes(), config.journalSegmentBytes()),
                    world.new Feed(),
                    shard -> shards.get(shard).connect(),
                    world.clock(),
                    mine::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void kill() {
        rereads += core().rereads();
        core = null;
        if (world.random.nextInt(3) == 0) {
            tear();
        }
    }

    /** As if it had died in the middle of a write: that record was not sent to anybody. */
    private void tear() {
        try (Stream<Path> files = Files.list(journal)) {
            Path last = files.max(Path::compareTo).orElse(null);
            if (last != null) {
                byte[] torn = new byte[1 + world.random.nextInt(60)];
                world.random.nextBytes(torn);
                Files.write(last, torn, StandardOpenOption.APPEND);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isAlive() {
        return core != null;
    }

    WorkerCore core() {
        return java.util.Objects.requireNonNull(core);
    }

    void assign(Collection<Integer> partitions, long epoch) {
        if (core != null) {
            core.assign(partitions, epoch);
        }
    }

    void revoke(Collection<Integer> partitions) {
        if (core != null) {
            core.revoke(partitions);
        }
    }

    private void tick() {
        if (core != null) {
            while (!inbox.isEmpty()) {
                inbox.remove().run();
            }
            core.step();
        }
        world.in(2, this::tick);
    }
}
