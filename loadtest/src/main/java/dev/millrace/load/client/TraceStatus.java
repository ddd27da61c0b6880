package dev.millrace.load.client;

/** How far an event has come. */
public enum TraceStatus {
    ACCEPTED,
    JOINED,
    LEARNED,
    SERVED,
    /** Came after its reward window. */
    LATE,
    /** No impression with its request id and item. */
    ORPHAN,
    /** Its id, or the label of its item, was settled before. */
    DUPLICATE,
    /** Its type is no label of the model. */
    IGNORED;

    /** Whether it will not change any more. */
    public boolean ended() {
        return compareTo(SERVED) >= 0;
    }
}
