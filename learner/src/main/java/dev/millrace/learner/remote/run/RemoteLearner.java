package dev.millrace.learner.remote.run;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.remote.map.ShardMapLog;
import dev.millrace.learner.remote.worker.Journal;
import dev.millrace.learner.remote.worker.KafkaSampleFeed;
import dev.millrace.learner.remote.worker.WorkerConfig;
import dev.millrace.learner.remote.worker.WorkerCore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that learns one model into remote shards, from the samples partitions that Kafka's group protocol gives it.
 * After a failure its worker starts again from its journal and where the shards are.
 *
 * <pre>
 *  field    read by          written by
 *  events   worker's thread  feed's thread           what the group decided; bounded by its rebalances
 *  inbox    worker's thread  connections' threads    of one worker; bounded by its calls on the way
 *  wake     worker's thread  both                    there is something in one of them, or there are records
 * </pre>
 */
public final class RemoteLearner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteLearner.class);
    private static final Duration TICK = Duration.ofMillis(20);
    private static final Duration COMMIT = Duration.ofSeconds(5);
    private static final Duration SAY = Duration.ofMinutes(1);
    private static final Duration FINISH = Duration.ofSeconds(5);
    private static final Duration CLOSE = FINISH.multipliedBy(3);
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    private final Config config;
    private final ModelSpec spec;
    private final Clock clock;
    private final int shards;
    private final Queue<Event> events = new ConcurrentLinkedQueue<>();
    private final Semaphore wake = new Semaphore(0);
    private final CountDownLatch closing = new CountDownLatch(1);
    private final ShardMapLog map;
    private final KafkaSampleFeed feed;
    private final FlatShards connector;
    private final Thread thread;

    /**
     * @param instance names the learner over its restarts
     * @param journal folder of the journal, this learner's own
     */
    public record Config(String bootstrapServers, String instance, Path journal, WorkerConfig worker) {}

    /** Something that the group decided. */
    @FunctionalInterface
    private interface Event {
        void tell(WorkerCore worker);
    }

    private RemoteLearner(Config config, ModelSpec spec, Clock clock, int shards) {
        this.config = config;
        this.spec = spec;
        this.clock = clock;
        this.shards = shards;
        this.map = ShardMapLog.start(config.bootstrapServers(), spec.model());
        this.connector = new FlatShards(map::map);
        this.thread = Thread.ofPlatform().name("learner-" + spec.model()).unstarted(this::run);
        this.feed = KafkaSampleFeed.start(config.bootstrapServers(), spec.model(), config.instance(), new Listener());
    }

    /** @throws IOException when Kafka does not answer, or has no such model's topics */
    public static RemoteLearner start(Config config, ModelSpec spec, Clock clock) throws IOException {
        RemoteModels.check(spec);
        var learner = new RemoteLearner(config, spec, clock, Shards.count(config.bootstrapServers(), spec.model()));
        learner.thread.start();
        return learner;
    }

    /** Hands the feed's news to the worker. */
    private final class Listener implements KafkaSampleFeed.Listener {
        @Override
        public void assigned(Collection<Integer> partitions, long epoch) {
            LOG.info(
                    "model {}: samples partitions {} are this learner's, generation {}",
                    spec.model(),
                    partitions,
                    epoch);
            events.add(worker -> worker.assign(partitions, epoch));
            wake.release();
        }

        @Override
        public void revoked(Collection<Integer> partitions) {
            LOG.info("model {}: samples partitions {} are another learner's", spec.model(), partitions);
            events.add(worker -> worker.revoke(partitions));
            wake.release();
        }

        @Override
        public void fed() {
            wake.release();
        }
    }

    // ---- worker's thread ----

    private void run() {
        Duration delay = RETRY;
        while (closing.getCount() > 0) {
            long startNs = System.nanoTime();
            Queue<Runnable> inbox = new ConcurrentLinkedQueue<>();
            try (WorkerCore worker = open(inbox)) {
                // It hears what the group decided before, and then what changes.
                events.clear();
                feed.assignment().forEach((partition, epoch) -> worker.assign(List.of(partition), epoch));
                work(worker, inbox);
                finish(worker, inbox);
            } catch (InterruptedException e) {
                closing.countDown();
            } catch (Exception | Error e) {
                // An error too: a learner that is silently gone is worse than one that fails again.
                LOG.error("learner of {} failed; it starts again from its journal in {}", spec.model(), delay, e);
                boolean ranWell = System.nanoTime() - startNs > LONGEST_RETRY.toNanos();
                delay = ranWell ? RETRY : delay;
                pause(delay);
                delay = delay.multipliedBy(2).compareTo(LONGEST_RETRY) < 0 ? delay.multipliedBy(2) : LONGEST_RETRY;
            }
        }
    }

    private WorkerCore open(Queue<Runnable> inbox) throws IOException {
        WorkerConfig worker = config.worker();
        Journal journal = Journal.open(config.journal(), shards, worker.journalBytes(), worker.journalSegmentBytes());
        return new WorkerCore(spec, shards, worker, journal, feed, connector, clock, answer -> {
            inbox.add(answer);
            wake.release();
        });
    }

    private void work(WorkerCore worker, Queue<Runnable> inbox) throws InterruptedException {
        long commitAtNs = System.nanoTime() + COMMIT.toNanos();
        long sayAtNs = System.nanoTime() + SAY.toNanos();
        while (closing.getCount() > 0) {
            step(worker, inbox);
            long nowNs = System.nanoTime();
            if (nowNs - commitAtNs >= 0) {
                feed.commit(worker.applied());
                commitAtNs = nowNs + COMMIT.toNanos();
            }
            if (nowNs - sayAtNs >= 0) {
                LOG.info(
                        "learner of {}: {} batches, {} rereads; {}",
                        spec.model(),
                        worker.batches(),
                        worker.rereads(),
                        worker);
                sayAtNs = nowNs + SAY.toNanos();
            }
        }
    }

    private void step(WorkerCore worker, Queue<Runnable> inbox) throws InterruptedException {
        for (Event event = events.poll(); event != null; event = events.poll()) {
            event.tell(worker);
        }
        for (Runnable answer = inbox.poll(); answer != null; answer = inbox.poll()) {
            answer.run();
        }
        if (!worker.step() && wake.tryAcquire(TICK.toNanos(), TimeUnit.NANOSECONDS)) {
            wake.drainPermits();
        }
    }

    /** What is on its way is acknowledged, if that does not take long; the next owner would learn it otherwise. */
    private void finish(WorkerCore worker, Queue<Runnable> inbox) throws InterruptedException {
        long deadlineNs = System.nanoTime() + FINISH.toNanos();
        worker.finish();
        while (!worker.isIdle() && System.nanoTime() - deadlineNs < 0) {
            step(worker, inbox);
        }
    }

    private void pause(Duration delay) {
        try {
            if (closing.await(delay.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("learner of {} is not started again", spec.model());
            }
        } catch (InterruptedException e) {
            closing.countDown();
        }
    }

    /** Finishes the batches that are on their way, leaves the group, and ends. */
    @Override
    public void close() {
        closing.countDown();
        try {
            if (!thread.join(CLOSE)) {
                LOG.warn("learner of {} did not stop in {}; its journal stands", spec.model(), CLOSE);
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        feed.close();
        map.close();
    }
}
