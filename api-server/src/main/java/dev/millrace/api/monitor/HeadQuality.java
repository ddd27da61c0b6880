package dev.millrace.api.monitor;

import dev.millrace.api.monitor.quality.ImpressionGroups;
import dev.millrace.api.monitor.quality.QualityStats;
import dev.millrace.ingest.sample.SampleBlock;
import dev.millrace.ingest.spec.Heads;
import dev.millrace.ingest.spec.Objective;
import java.time.Duration;

/** Live quality of what one head of a model predicted: the last minute or so, and since the start. One thread adds. */
final class HeadQuality {
    private static final ImpressionGroups.Step NO_GAIN = new ImpressionGroups.Step(0, 0);

    private final String name;
    private final int head;
    private final boolean values;
    private final QualityWindow quality;
    private final ImpressionGroups groups;
    private long clockMs;

    /**
     * @param head its place in the spec
     * @param recent length of the window
     * @param hold after a request's first label, until its last must have come
     * @param maxGroups requests whose labels are awaited
     */
    HeadQuality(Heads.Head of, int head, Duration recent, Duration hold, int maxGroups) {
        this.name = of.name();
        this.head = head;
        values = of.objective() == Objective.SQUARED;
        quality = new QualityWindow(recent.toMillis());
        groups = new ImpressionGroups(hold.toMillis(), maxGroups, (auc, gain) -> {
            if (!Double.isNaN(auc)) {
                quality.update(clockMs, stats -> stats.addImpression(auc));
            }
        });
    }

    String name() {
        return name;
    }

    /** Adds what a sample says of the head, if it does, and if the head was asked when it was served. */
    void add(SampleBlock block, int i, long nowMs) {
        if (head >= block.heads() || block.weight(i, head) == 0 || Float.isNaN(block.servedScore(i, head))) {
            return;
        }
        float score = block.servedScore(i, head);
        float label = block.label(i, head);
        float weight = block.weight(i, head);
        if (values) {
            quality.update(nowMs, stats -> stats.addValue(score, label, weight));
            return;
        }
        quality.update(nowMs, stats -> stats.add(score, label, weight));
        groups.add(nowMs, block.requestHash(i), score, QualityStats.isPositive(label), weight > 0, NO_GAIN);
    }

    void expire(long nowMs) {
        clockMs = nowMs;
        groups.expire(nowMs);
    }

    MonitorSnapshot.Qualities qualities(long nowMs) {
        return new MonitorSnapshot.Qualities(quality.total(), quality.recent(nowMs));
    }
}
