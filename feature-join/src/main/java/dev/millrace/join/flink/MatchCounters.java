package dev.millrace.join.flink;

import dev.millrace.ingest.proto.DeadLetterReason;
import dev.millrace.join.match.Label;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * What the match decided since its task started. Samples: {@code labelled} by an action, {@code negatives} by an absence,
 * {@code corrections} of either. Actions: {@code counted}, or by the reason of their dead letter. Impressions: {@code
 * repeated}.
 */
final class MatchCounters {
    private static final String PREFIX = "DEAD_LETTER_REASON_";

    private static final List<DeadLetterReason> REASONS = List.of(
            DeadLetterReason.DEAD_LETTER_REASON_LATE,
            DeadLetterReason.DEAD_LETTER_REASON_ORPHAN,
            DeadLetterReason.DEAD_LETTER_REASON_DUPLICATE,
            DeadLetterReason.DEAD_LETTER_REASON_IGNORED,
            DeadLetterReason.DEAD_LETTER_REASON_UNDO_WITHOUT,
            DeadLetterReason.DEAD_LETTER_REASON_TOO_MANY);

    private final Counter labelled;
    private final Counter negatives;
    private final Counter corrections;
    private final Counter counted;
    private final Counter repeated;
    private final Map<DeadLetterReason, Counter> rejected = new EnumMap<>(DeadLetterReason.class);

    MatchCounters(MetricGroup group) {
        labelled = group.counter(JoinNumber.LABELLED.label());
        negatives = group.counter(JoinNumber.NEGATIVES.label());
        corrections = group.counter(JoinNumber.CORRECTIONS.label());
        counted = group.counter(JoinNumber.COUNTED.label());
        repeated = group.counter(JoinNumber.REPEATED.label());
        for (DeadLetterReason reason : REASONS) {
            rejected.put(reason, group.counter(name(reason)));
        }
    }

    /** As in metrics: {@code undo_without}. */
    static String name(DeadLetterReason reason) {
        return reason.name().substring(PREFIX.length()).toLowerCase(Locale.ROOT);
    }

    void labels(List<Label> labels) {
        for (Label label : labels) {
            if (label.revision() > 0) {
                corrections.inc();
            } else if (label.byAction()) {
                labelled.inc();
            } else {
                negatives.inc();
            }
        }
    }

    void counted() {
        counted.inc();
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
