package dev.millrace.api.monitor.window;

import dev.millrace.ingest.proto.DeadLetterReason;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the join made of what was shown and done. The order is that of the sums' bytes: new ones come last. */
enum Outcome {
    /** A sample that an action labelled. */
    LABELLED,
    /** One that the window's end did. */
    ABSENT,
    /** One that was taken back. */
    CORRECTED,
    /** One that the join sent again. */
    REPEATED,
    LATE,
    ORPHAN,
    DUPLICATE,
    IGNORED,
    UNREADABLE,
    UNDO_WITHOUT,
    TOO_MANY;

    /** Null: one that is not known here. */
    static @Nullable Outcome of(DeadLetterReason reason) {
        return switch (reason) {
            case DEAD_LETTER_REASON_LATE -> LATE;
            case DEAD_LETTER_REASON_ORPHAN -> ORPHAN;
            case DEAD_LETTER_REASON_DUPLICATE -> DUPLICATE;
            case DEAD_LETTER_REASON_IGNORED -> IGNORED;
            case DEAD_LETTER_REASON_UNREADABLE -> UNREADABLE;
            case DEAD_LETTER_REASON_UNDO_WITHOUT -> UNDO_WITHOUT;
            case DEAD_LETTER_REASON_TOO_MANY -> TOO_MANY;
            case DEAD_LETTER_REASON_UNSPECIFIED, UNRECOGNIZED -> null;
        };
    }

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
