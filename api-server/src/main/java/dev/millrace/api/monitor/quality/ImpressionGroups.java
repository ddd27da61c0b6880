package dev.millrace.api.monitor.quality;

import it.unimi.dsi.fastutil.floats.FloatArrayList;
import it.unimi.dsi.fastutil.longs.Long2ObjectLinkedOpenHashMap;

/**
 * Labels of each request's items, until all must have come: a positive comes at once, the negatives with the end of the
 * reward window. Then the request is told: its AUC, if it got both labels, and what its items gained on the baseline. The
 * oldest request is told early when more than the bound are open. One thread, the tail's.
 */
public final class ImpressionGroups {
    private final long holdMs;
    private final int maxGroups;
    private final Told told;
    private final Long2ObjectLinkedOpenHashMap<Group> groups = new Long2ObjectLinkedOpenHashMap<>();

    /** Takes a request whose labels have come. */
    public interface Told {
        /** @param auc NaN where all items got the same label */
        void request(double auc, Step gain);
    }

    /**
     * What a sample gains on the baseline.
     *
     * @param base what the baseline's prediction loses
     */
    public record Step(double gained, double base) {}

    private static final class Group {
        final long firstMs;
        final FloatArrayList positives = new FloatArrayList(1);
        final FloatArrayList negatives = new FloatArrayList(4);
        double gained;
        double base;

        Group(long firstMs) {
            this.firstMs = firstMs;
        }
    }

    /** @param holdMs after a request's first label, until its last must have come */
    public ImpressionGroups(long holdMs, int maxGroups, Told told) {
        this.holdMs = holdMs;
        this.maxGroups = maxGroups;
        this.told = told;
    }

    /** @param added whether it comes, and not goes: an earlier label of the item was wrong */
    public void add(long nowMs, long requestHash, float score, boolean positive, boolean added, Step gain) {
        Group group = groups.get(requestHash);
        if (group == null) {
            if (groups.size() == maxGroups) {
                tell(groups.removeFirst());
            }
            group = new Group(nowMs);
            groups.put(requestHash, group);
        }
        group.gained += gain.gained();
        group.base += gain.base();
        FloatArrayList scores = positive ? group.positives : group.negatives;
        if (added) {
            scores.add(score);
        } else {
            scores.rem(score);
        }
    }

    /** Tells the requests whose labels must have come by now. */
    public void expire(long nowMs) {
        while (!groups.isEmpty() && groups.get(groups.firstLongKey()).firstMs + holdMs <= nowMs) {
            tell(groups.removeFirst());
        }
    }

    private void tell(Group group) {
        boolean both = !group.positives.isEmpty() && !group.negatives.isEmpty();
        double auc = both ? auc(group.positives, group.negatives) : Double.NaN;
        told.request(auc, new Step(group.gained, group.base));
    }

    /** Exact, O((p + n) log n). */
    public static double auc(FloatArrayList positives, FloatArrayList negatives) {
        float[] sorted = negatives.toFloatArray();
        java.util.Arrays.sort(sorted);
        double wins = 0;
        for (int i = 0; i < positives.size(); i++) {
            float score = positives.getFloat(i);
            wins += (count(sorted, score, false) + count(sorted, score, true)) / 2.0;
        }
        return wins / positives.size() / sorted.length;
    }

    /** How many lie below the score, or not above it. */
    private static int count(float[] sorted, float score, boolean orEqual) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < score || (orEqual && sorted[middle] == score)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
