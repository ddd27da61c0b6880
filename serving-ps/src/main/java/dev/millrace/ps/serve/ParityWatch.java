package dev.millrace.ps.serve;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.model.ServingKeys;
import dev.millrace.ps.parity.ParityDigest;
import dev.millrace.ps.parity.ParityTracker;
import dev.millrace.ps.parity.ShardParity;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares one shard with training after each delta. From the first difference on it keeps the deltas that follow, so
 * that a snapshot made since can be brought up to the version that serves, and says when to try that. Belongs to the
 * applying thread, but for the report.
 */
final class ParityWatch {
    private static final Logger LOG = LoggerFactory.getLogger(ParityWatch.class);
    /** 48 MB: what many snapshot intervals bring. */
    static final int MAX_KEPT_ROWS = 4 << 20;

    private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
    private static final Duration LAST_WAIT = Duration.ofHours(1);

    private final String model;
    private final ServingKeys keys;
    private final int shard;
    private final int shards;
    private final Clock clock;
    private final ParityTracker tracker;
    /** In sequence without a gap. */
    private final ArrayDeque<Delta> since = new ArrayDeque<>();

    private final Backoff backoff = new Backoff(FIRST_WAIT, LAST_WAIT);
    private int keptRows;
    private long differsSince;
    private long nextTryMs;

    ParityWatch(ModelSpec spec, int shard, int shards, Clock clock) {
        this.model = spec.model();
        this.keys = new ServingKeys(spec);
        this.shard = shard;
        this.shards = shards;
        this.clock = clock;
        this.tracker = new ParityTracker(shard);
    }

    /** The rows are those with the delta now, and the version says so. O(rows of a range). */
    void applied(Delta delta, ParityDigest.@Nullable ServingSource rows, ShardVersion version) {
        keep(delta);
        Delta.Parity training = delta.header().parity();
        if (training == null || rows == null) {
            return;
        }
        Delta.Parity here = ParityDigest.ofServing(rows, keys, shard, shards, training);
        boolean first = tracker.compared(version.sequence(), training, here, version.sampleOffsets(), clock.millis());
        if (!training.equals(here) && differsSince == 0) {
            differsSince = version.sequence();
        }
        if (first) {
            LOG.error(
                    "model {}, shard {}, sequence {}: rows differ from training's: {} here, {} there;"
                            + " a snapshot made since will mend them",
                    model,
                    shard,
                    version.sequence(),
                    here,
                    training);
        } else if (differsSince != 0 && !tracker.differs()) {
            LOG.info("model {}, shard {}: rows are training's again", model, shard);
            forget();
        }
    }

    private void keep(Delta delta) {
        if (differsSince == 0) {
            return;
        }
        Delta last = since.peekLast();
        if (last != null && last.header().sequence() + 1 != delta.header().sequence()) {
            since.clear();
            keptRows = 0;
        }
        since.addLast(delta);
        keptRows += delta.keys().length;
        while (keptRows > MAX_KEPT_ROWS) {
            keptRows -= since.removeFirst().keys().length;
        }
    }

    /** Whether to look for a snapshot now: after longer and longer waits, so that what none mends is not tried for ever. */
    boolean mendIsDue() {
        long nowMs = clock.millis();
        if (differsSince == 0 || nowMs < nextTryMs) {
            return false;
        }
        if (nowMs > nextTryMs + LAST_WAIT.toMillis()) {
            backoff.reset();
        }
        nextTryMs = nowMs + backoff.next().toMillis();
        return true;
    }

    /** Sequence of the first delta with which a difference was found: a snapshot from then on can mend it. */
    long differsSince() {
        return differsSince;
    }

    /** The deltas that lead from a snapshot to the version that serves; null when they are not all here. */
    @Nullable
    List<Delta> from(long snapshotSequence, long servedSequence) {
        List<Delta> following = new ArrayList<>();
        for (Delta delta : since) {
            if (delta.header().sequence() > snapshotSequence) {
                following.add(delta);
            }
        }
        return following.size() == servedSequence - snapshotSequence ? following : null;
    }

    /** The shard's rows were replaced. */
    void replaced(boolean becauseTheyDiffered) {
        tracker.replaced(becauseTheyDiffered);
        forget();
    }

    private void forget() {
        since.clear();
        keptRows = 0;
        differsSince = 0;
    }

    /** For any thread. */
    ShardParity report() {
        return tracker.report();
    }
}
