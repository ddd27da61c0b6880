package dev.millrace.api.monitor;

import dev.millrace.api.log.LogListener;
import dev.millrace.api.monitor.quality.ImpressionGroups;
import dev.millrace.api.monitor.quality.Quality;
import dev.millrace.api.monitor.quality.QualityStats;
import dev.millrace.api.trace.Trace;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Heads;
import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.Objective;
import it.unimi.dsi.fastutil.longs.LongLinkedOpenHashSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One model's numbers.
 *
 * <pre>
 *  field                     written by             guard
 *  seen, groups              the tail               its thread (groups also by snapshots: this)
 *  quality, baseline, rates,
 *  times                     tail, rank, traces     each its own lock
 * </pre>
 */
final class ModelMonitor {
    private static final long MICROS_A_MS = 1000;

    private final boolean values;
    private final QualityWindow quality;
    /** Of every head, the first included; empty: the model has none. */
    private final List<HeadQuality> heads = new ArrayList<>();

    private final ImpressionGroups groups;
    private final Baseline baseline;
    private final LongLinkedOpenHashSet seen = new LongLinkedOpenHashSet();
    private final int maxSeen;
    private final Map<FreshnessStage, SlidingHistogram> freshness = new EnumMap<>(FreshnessStage.class);
    private final SlidingHistogram rankTime;
    private final Rate ranks = new Rate();
    private final Rate candidates = new Rate();
    private final Rate samples = new Rate();
    private long clockMs;

    /**
     * @param spec the model's
     * @param recent length of the windows
     * @param hold after a request's first label, until its last must have come
     * @param maxSeen sample ids remembered, so that what the join sends again does not count twice
     * @param maxGroups requests whose labels are awaited
     */
    ModelMonitor(ModelSpec spec, Duration recent, Duration hold, int maxSeen, int maxGroups) {
        this.maxSeen = maxSeen;
        values = spec.objective() == Objective.SQUARED;
        for (Heads.Head head : spec.heads().all()) {
            heads.add(new HeadQuality(head, heads.size(), recent, hold, maxGroups));
        }
        quality = new QualityWindow(recent.toMillis());
        baseline = new Baseline(spec, recent.toMillis());
        groups = new ImpressionGroups(hold.toMillis(), maxGroups, this::told);
        rankTime = new SlidingHistogram(recent.toMillis());
        for (FreshnessStage stage : FreshnessStage.values()) {
            freshness.put(stage, new SlidingHistogram(recent.toMillis()));
        }
    }

    private void told(double auc, ImpressionGroups.Step gain) {
        if (!Double.isNaN(auc)) {
            quality.update(clockMs, stats -> stats.addImpression(auc));
        }
        baseline.request(gain, clockMs);
    }

    /** Counts what is new and was appended since the start. */
    synchronized void samples(LogListener.Place place, SampleBlock block, long nowMs) {
        expire(nowMs);
        for (int i = 0; i < block.size(); i++) {
            if (!block.isCanary(i) && isNew(block.sampleId(i)) && place.live()) {
                sample(block, i, nowMs);
            }
        }
    }

    private boolean isNew(long sampleId) {
        if (!seen.add(sampleId)) {
            return false;
        }
        if (seen.size() > maxSeen) {
            seen.removeFirstLong();
        }
        return true;
    }

    private void sample(SampleBlock block, int i, long nowMs) {
        samples.add(nowMs, 1);
        heads.forEach(head -> head.add(block, i, nowMs));
        if (block.weight(i) == 0 || Float.isNaN(block.servedScore(i))) {
            // It is of other heads than the first; or another model answered, and this one was not asked.
            return;
        }
        float label = block.label(i);
        // One that stands on the log was kept; others like it were not.
        count(block, i, label, block.weight(i), 1 / block.keepRate(i), nowMs);
        if (block.hasFakeNegatives(i) && label > 0) {
            // What was sent as a negative at once is none; here it is known which, kept or not.
            count(block, i, 0, -block.weight(i), 1, nowMs);
        }
    }

    /**
     * @param weight below 0: takes one out again
     * @param negatives how many each negative stands for
     */
    private void count(SampleBlock block, int i, float label, float weight, float negatives, long nowMs) {
        float score = block.servedScore(i);
        if (values) {
            quality.update(nowMs, stats -> stats.addValue(score, label, weight));
            return;
        }
        double positive = (double) weight * label;
        double negative = (double) weight * (1 - label) * negatives;
        float share = (float) (positive / (positive + negative));
        quality.update(nowMs, stats -> stats.add(score, share, positive + negative));
        ImpressionGroups.Step gain = baseline.step(block, i, share, positive + negative, nowMs);
        groups.add(nowMs, block.requestHash(i), score, QualityStats.isPositive(label), weight > 0, gain);
    }

    private synchronized void expire(long nowMs) {
        clockMs = nowMs;
        groups.expire(nowMs);
        heads.forEach(head -> head.expire(nowMs));
    }

    void ranked(int count, long nowMs) {
        ranks.add(nowMs, 1);
        candidates.add(nowMs, count);
    }

    void rankTook(long micros, long nowMs) {
        rankTime.record(nowMs, micros);
    }

    void finished(Trace trace, long nowMs) {
        for (FreshnessStage stage : FreshnessStage.values()) {
            times(stage).record(nowMs, stage.milliseconds(trace) * MICROS_A_MS);
        }
    }

    private SlidingHistogram times(FreshnessStage stage) {
        return Objects.requireNonNull(freshness.get(stage));
    }

    Quality total(long nowMs) {
        expire(nowMs);
        return quality.total();
    }

    Quality recent(long nowMs) {
        expire(nowMs);
        return quality.recent(nowMs);
    }

    /** Of every head, by its name, in the spec's order; empty: the model has none. */
    Map<String, MonitorSnapshot.Qualities> heads(long nowMs) {
        expire(nowMs);
        Map<String, MonitorSnapshot.Qualities> all = new LinkedHashMap<>();
        heads.forEach(head -> all.put(head.name(), head.qualities(nowMs)));
        return all;
    }

    Baseline.View baseline(long nowMs) {
        expire(nowMs);
        return baseline.view(nowMs);
    }

    MonitorSnapshot.Quantiles freshness(FreshnessStage stage, long nowMs) {
        return times(stage).quantiles(nowMs);
    }

    MonitorSnapshot.Quantiles rankTime(long nowMs) {
        return rankTime.quantiles(nowMs);
    }

    Rate ranks() {
        return ranks;
    }

    Rate candidates() {
        return candidates;
    }

    Rate samples() {
        return samples;
    }
}
