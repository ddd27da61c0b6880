package dev.millrace.learner.remote.worker;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.remote.push.BatchStep;
import dev.millrace.learner.remote.push.BatchSteps;
import dev.millrace.learner.remote.push.Routes;
import dev.millrace.learner.remote.push.SampleBatch;
import dev.millrace.ps.wire.WireException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A learner of remote shards, without its thread: {@link #step} does what can be done now. A batch goes
 *
 * <pre>
 *  cut ─▶ pull (every shard) ─▶ learn ─▶ journal ─▶ push (every shard) ─▶ acknowledged
 * </pre>
 *
 * and as many are on their way as {@link Staleness} permits; they are learned and journaled in the order in which they
 * were cut. Each shard decides by its own offsets what it applies, so whatever is sent twice or by two learners counts
 * once. A partition whose shards are not where this learner's journal leads is read again from the least of their
 * offsets, and batches are cut wherever one of them stands.
 */
public final class WorkerCore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerCore.class);

    private final ModelSpec spec;
    private final WorkerConfig config;
    private final BatchSteps steps;
    private final Journal journal;
    private final SampleFeed feed;
    private final ShardConnection.Connector connector;
    private final InstantSource clock;
    private final Executor inbox;
    private final long fingerprint;
    private final List<ShardLink> links = new ArrayList<>();
    private final SortedMap<Integer, PartitionWork> partitions = new TreeMap<>();
    private final Deque<PendingBatch> pending = new ArrayDeque<>();
    private int lastPartition = -1;
    private boolean finishing;
    private long batches;
    private long rereads;

    /**
     * @param journal closed with this
     * @param inbox runs what it is given between two steps, on the worker's thread
     */
    public WorkerCore(
            ModelSpec spec,
            int shards,
            WorkerConfig config,
            Journal journal,
            SampleFeed feed,
            ShardConnection.Connector connector,
            InstantSource clock,
            Executor inbox) {
        this.spec = spec;
        this.config = config;
        this.steps = new BatchSteps(spec, new Routes(spec, shards));
        this.journal = journal;
        this.feed = feed;
        this.connector = connector;
        this.clock = clock;
        this.inbox = inbox;
        this.fingerprint = spec.fingerprint();
        for (int shard = 0; shard < shards; shard++) {
            links.add(new ShardLink(this, shard));
        }
    }

    // ---- ownership ----

    /**
     * Takes partitions over, all that one generation of the group gives at once: with the shards behind in one of them,
     * the others wait too.
     *
     * @param epoch higher than any owner's before
     */
    public void assign(Collection<Integer> given, long epoch) {
        revoke(given);
        given.forEach(partition -> partitions.put(partition, new PartitionWork(partition, epoch, feed, config)));
    }

    public void revoke(Collection<Integer> gone) {
        for (int partition : gone) {
            if (partitions.remove(partition) != null) {
                feed.close(partition);
            }
            pending.removeIf(batch -> batch.partition() == partition);
            links.forEach(link -> link.forget(partition));
        }
    }

    // ---- one step ----

    /** Does what can be done without waiting. @return whether there was something */
    public boolean step() {
        links.forEach(ShardLink::tick);
        partitions.forEach(this::advance);
        boolean did = false;
        while (startBatch()) {
            did = true;
        }
        pull();
        while (learnBatch()) {
            did = true;
        }
        return did;
    }

    private void advance(int partition, PartitionWork work) {
        if (work.isToPlan() && links.stream().allMatch(link -> link.knows(partition))) {
            decide(partition, work);
        }
        work.warm();
    }

    /** Where a partition goes on, now that every shard has said where it is. */
    private void decide(int partition, PartitionWork work) {
        boolean leads = links.stream().allMatch(link -> journal.leadsFrom(partition, link.applied(partition)));
        long target = leads ? journal.end(partition) : applied(partition).min().orElse(0);
        if (!leads) {
            journal.forgetFrom(partition, target);
        }
        links.forEach(link -> link.rewind(partition));
        if (target != firstPending(partition, work)) {
            if (work.cursor() >= 0) {
                rereads++;
            }
            LOG.info(
                    "model {}: partition {} goes on at {}, shards are at {}",
                    spec.model(),
                    partition,
                    target,
                    applied(partition).boxed().toList());
            pending.removeIf(batch -> batch.partition() == partition);
            work.openAt(target);
        }
        work.plan(false);
    }

    private LongStream applied(int partition) {
        return links.stream().mapToLong(link -> link.applied(partition));
    }

    /** The first record of a partition that is not in the journal, as far as this worker has come. */
    private long firstPending(int partition, PartitionWork work) {
        for (PendingBatch batch : pending) {
            if (batch.partition() == partition) {
                return batch.step().batch().first();
            }
        }
        return work.cursor();
    }

    private boolean startBatch() {
        PartitionWork work = !finishing && hasPermit() ? nextWithRecord() : null;
        if (work == null) {
            return false;
        }
        SampleBatch batch = work.cut(fingerprint, limit(work), steps.mostSamples());
        if (batch == null) {
            return false;
        }
        pending.add(new PendingBatch(steps.gather(batch), links.size()));
        return true;
    }

    private boolean hasPermit() {
        if (pending.size() >= config.staleness().permits()) {
            return false;
        }
        for (ShardLink link : links) {
            if (!link.isUp()
                    || pending.size() + link.unacknowledged()
                            >= config.staleness().permits()) {
                return false;
            }
        }
        return true;
    }

    /** Partitions take turns. */
    private @Nullable PartitionWork nextWithRecord() {
        List<Integer> order =
                new ArrayList<>(partitions.tailMap(lastPartition + 1).keySet());
        order.addAll(partitions.headMap(lastPartition + 1).keySet());
        for (int partition : order) {
            PartitionWork work = partitions.get(partition);
            if (work != null && work.hasRecord() && links.stream().allMatch(link -> link.knows(partition))) {
                lastPartition = partition;
                return work;
            }
        }
        return null;
    }

    private long limit(PartitionWork work) {
        return applied(lastPartition)
                .filter(offset -> offset > work.cursor())
                .min()
                .orElse(Long.MAX_VALUE);
    }

    private void pull() {
        int before = 0;
        for (PendingBatch batch : pending) {
            for (int shard = 0; shard < links.size(); shard++) {
                ShardLink link = links.get(shard);
                if (batch.isDue(shard) && link.isUp() && isFresh(link, before)) {
                    batch.pull(link, shard);
                }
            }
            before++;
        }
    }

    /** Whether a shard's weights include all but the latest batches that may be missing. */
    private boolean isFresh(ShardLink link, int before) {
        return !config.staleness().bounded()
                || before + link.unacknowledged() < config.staleness().permits();
    }

    private boolean learnBatch() {
        PendingBatch batch = pending.peek();
        if (batch == null || !batch.isPulled()) {
            return false;
        }
        pending.remove();
        BatchStep step = batch.step();
        step.learn();
        List<ByteBuffer> pushes = new ArrayList<>();
        for (int shard = 0; shard < links.size(); shard++) {
            pushes.add(step.push(shard));
        }
        journal.append(batch.partition(), step.batch().first(), step.batch().next(), pushes);
        batches++;
        links.forEach(ShardLink::tick);
        return true;
    }

    /** From now on no batch is begun. */
    public void finish() {
        finishing = true;
    }

    // ---- for the links ----

    /** A shard is elsewhere than was thought. */
    void plan(int partition) {
        PartitionWork work = partitions.get(partition);
        if (work != null) {
            work.plan(true);
        }
    }

    /** The first record of a partition of which no push was written yet; −1: not known, or not this worker's. */
    long learned(int partition) {
        PartitionWork work = partitions.get(partition);
        return work == null ? -1 : firstPending(partition, work);
    }

    /** A shard does not answer what it was asked. */
    void lost(int shard) {
        for (Iterator<PendingBatch> it = pending.iterator(); it.hasNext(); ) {
            it.next().lost(shard);
        }
    }

    void fenced(WireException failure) {
        LOG.warn(
                "model {}: {}; if it is this learner's again, it goes on when the other was not heard of for a while",
                spec.model(),
                failure.getMessage());
    }

    boolean owns(int partition) {
        return partitions.containsKey(partition);
    }

    SortedMap<Integer, Long> epochs() {
        SortedMap<Integer, Long> epochs = new TreeMap<>();
        partitions.forEach((partition, work) -> epochs.put(partition, work.epoch()));
        return epochs;
    }

    CompletableFuture<ShardConnection> connect(int shard) {
        return connector.connect(shard);
    }

    /** Calls back on the worker's thread. */
    <T> void onAnswer(CompletableFuture<T> answer, Consumer<T> then, Consumer<Throwable> failed) {
        CompletableFuture<T> watched = answer.whenComplete((value, failure) -> inbox.execute(() -> {
            // Not within the future: what this throws must reach the worker.
            if (failure == null) {
                then.accept(value);
            } else {
                failed.accept(failure);
            }
        }));
        if (watched.isCancelled()) {
            LOG.debug("an answer is no longer awaited");
        }
    }

    Journal journal() {
        return journal;
    }

    WorkerConfig config() {
        return config;
    }

    long fingerprint() {
        return fingerprint;
    }

    long nowMs() {
        return clock.millis();
    }

    // ---- what it is ----

    /** Partition to the first record that not every shard is known to have applied. */
    public SortedMap<Integer, Long> applied() {
        SortedMap<Integer, Long> applied = new TreeMap<>();
        for (int partition : partitions.keySet()) {
            if (links.stream().allMatch(link -> link.knows(partition))) {
                applied(partition).min().ifPresent(offset -> applied.put(partition, offset));
            }
        }
        return applied;
    }

    /** Batches learned. */
    public long batches() {
        return batches;
    }

    /** How often a partition was read again, since the journal did not lead from where a shard stood. */
    public long rereads() {
        return rereads;
    }

    /** Whether every batch that was learned is applied by every shard. */
    public boolean isIdle() {
        return pending.isEmpty() && links.stream().allMatch(link -> link.isUp() && link.unacknowledged() == 0);
    }

    /** For whoever asks why it waits. */
    @Override
    public String toString() {
        return "partitions " + partitions + ", " + pending.size() + " batches pending, " + links;
    }

    @Override
    public void close() {
        links.forEach(ShardLink::disconnect);
        journal.close();
    }
}
