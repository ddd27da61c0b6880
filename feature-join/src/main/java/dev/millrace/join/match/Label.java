package dev.millrace.join.match;

/**
 * One sample of a shown item.
 *
 * @param item index into the impression's items
 * @param value in 0..1
 * @param weight how many samples it stands for; below 0: it takes one back that went out before
 * @param keepRate of its model's negatives
 * @param fakeNegatives whether each positive of its model has a negative before it
 * @param revision 0 for the item's first sample, then counting up
 * @param actionHash {@code SampleIds.ofAction} of the action that settled it, or {@link #NO_ACTION}
 * @param eventTimeMs of the action, or of the impression's or the window's end, milliseconds since the epoch
 */
public record Label(
        int item,
        float value,
        float weight,
        float keepRate,
        boolean fakeNegatives,
        int revision,
        long actionHash,
        long eventTimeMs) {
    /** No action settled the item. */
    public static final long NO_ACTION = 0;

    /** One whole, first sample. */
    public static Label of(int item, float value, long actionHash, long eventTimeMs) {
        return new Label(item, value, 1, 1, false, 0, actionHash, eventTimeMs);
    }

    public boolean byAction() {
        return actionHash != NO_ACTION;
    }
}
