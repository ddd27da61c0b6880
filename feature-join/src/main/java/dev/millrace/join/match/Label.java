package dev.millrace.join.match;

/**
 * One shown item's label.
 *
 * @param item index into the impression's items
 * @param value in 0..1
 * @param actionHash {@code SampleIds.ofAction} of the action that settled it, or {@link #NO_ACTION}
 * @param eventTimeMs of the action, or of the window's end, milliseconds since the epoch
 */
public record Label(int item, float value, long actionHash, long eventTimeMs) {
    /** The window's end settled the item. */
    public static final long NO_ACTION = 0;

    public boolean byAction() {
        return actionHash != NO_ACTION;
    }
}
