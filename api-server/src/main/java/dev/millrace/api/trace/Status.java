package dev.millrace.api.trace;

import dev.millrace.ingest.proto.DeadLetterReason;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How far an action has come. The first four follow each other; the others are ends without a sample. */
public enum Status {
    /** The log has it. */
    ACCEPTED,
    /** It settled a label: its sample is on the log. */
    JOINED,
    /** The learner has learned the sample. */
    LEARNED,
    /** The weights that serve here have learned it. */
    SERVED,
    /** Came after its impression's reward window. */
    LATE,
    /** No impression of its request and item was seen in time. */
    ORPHAN,
    /** Its type is no label, or its request has more actions than are remembered. */
    IGNORED,
    /** Its id came before, its item's label was settled already, or it takes back what is not there. */
    DUPLICATE;

    /** The end that a dead letter tells; null where it tells none. */
    public static @Nullable Status of(DeadLetterReason reason) {
        return switch (reason) {
            case DEAD_LETTER_REASON_LATE -> LATE;
            case DEAD_LETTER_REASON_ORPHAN -> ORPHAN;
            case DEAD_LETTER_REASON_DUPLICATE, DEAD_LETTER_REASON_UNDO_WITHOUT -> DUPLICATE;
            case DEAD_LETTER_REASON_IGNORED, DEAD_LETTER_REASON_TOO_MANY -> IGNORED;
            case DEAD_LETTER_REASON_UNSPECIFIED, DEAD_LETTER_REASON_UNREADABLE, UNRECOGNIZED -> null;
        };
    }

    public boolean isEnd() {
        return ordinal() > SERVED.ordinal();
    }

    /** Whether somebody who waits for {@code wanted} need wait no longer. */
    public boolean satisfies(Status wanted) {
        return isEnd() || ordinal() >= wanted.ordinal();
    }

    /** As it stands in answers and metrics. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
