package dev.millrace.join.flink;

import java.util.Locale;

/** What the join tells of itself while it runs in this process. Counts begin with its tasks. */
public enum JoinNumber {
    /** Samples labelled by an action. */
    LABELLED(true),
    /** Samples labelled by an absence. */
    NEGATIVES(true),
    /** Samples that correct one before. */
    CORRECTIONS(true),
    /** Actions that count for a label. */
    COUNTED(true),
    /** Impressions that came again. */
    REPEATED(true),
    LATE(true),
    ORPHAN(true),
    DUPLICATE(true),
    IGNORED(true),
    UNDO_WITHOUT(true),
    TOO_MANY(true),
    /** Requests in the state. */
    REQUESTS(false),
    /** Bytes of the state. */
    STATE_BYTES(false);

    private final boolean count;

    JoinNumber(boolean count) {
        this.count = count;
    }

    /** Whether it only grows, while the tasks run; else it is a size. */
    public boolean isCount() {
        return count;
    }

    /** {@code undo_without}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
