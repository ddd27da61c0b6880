package dev.millrace.join.flink;

import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.join.match.Label;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/** What the match decided since its task started: {@code labelled, negatives, late, orphan, duplicate, ignored, repeated}. */
final class MatchCounters {
    private static final String PREFIX = "DEAD_LETTER_REASON_";

    private final Counter labelled;
    private final Counter negatives;
    private final Counter repeated;
    private final Map<DeadLetterReason, Counter> rejected = new EnumMap<>(DeadLetterReason.class);

    MatchCounters(MetricGroup group) {
        labelled = group.counter("labelled");
        negatives = group.counter("negatives");
        repeated = group.counter("repeated");
        for (DeadLetterReason reason : List.of(
                DeadLetterReason.DEAD_LETTER_REASON_LATE,
                DeadLetterReason.DEAD_LETTER_REASON_ORPHAN,
                DeadLetterReason.DEAD_LETTER_REASON_DUPLICATE,
                DeadLetterReason.DEAD_LETTER_REASON_IGNORED)) {
            String name = reason.name().substring(PREFIX.length()).toLowerCase(Locale.ROOT);
            rejected.put(reason, group.counter(name));
        }
    }

    void labels(List<Label> labels) {
        long byAction = labels.stream().filter(Label::byAction).count();
        labelled.inc(byAction);
        negatives.inc(labels.size() - byAction);
    }

    void rejected(DeadLetterReason reason) {
        Counter counter = rejected.get(reason);
        if (counter != null) {
            counter.inc();
        }
    }

    void repeated() {
        repeated.inc();
    }
}
