package dev.millrace.join.match;

/**
 * One sample of a shown item.
 *
 * @param item index into the impression's items
 * @param heads of its model that it is a label of, a bit each; 1 of a model without
 * @param value in 0..1
 * @param weight how many samples it stands for; below 0: it takes one back that went out before
 * @param keepRate of its model's negatives
 * @param fakeNegatives whether each positive of its model has a negative before it
 * @param revision 0 for the item's first sample, then counting up; of the first of its heads
 * @param actionHash {@code SampleIds.ofAction} of the action that settled it, or {@link #NO_ACTION}
 * @param eventTimeMs of the action, or of the impression's or the window's end, milliseconds since the epoch
 */
public record Label(
        int item,
        int heads,
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
        return new Label(item, 1, value, 1, 1, false, 0, actionHash, eventTimeMs);
    }

    /** The same of one head more. */
    Label with(int head) {
        return new Label(
                item, heads | 1 << head, value, weight, keepRate, fakeNegatives, revision, actionHash, eventTimeMs);
    }

    /** Whether it is one of the head's labels. */
    public boolean of(int head) {
        return (heads & 1 << head) != 0;
    }

    /** Tells it from all other samples of the item. */
    public int number() {
        return Integer.numberOfTrailingZeros(heads) << Byte.SIZE | revision;
    }

    public boolean byAction() {
        return actionHash != NO_ACTION;
    }
}
