package dev.millrace.api.candidate;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What is counted of one item. Guarded by its index.
 *
 * <p>Neighbours are counted as by Space-Saving (Metwally, Agrawal, El Abbadi 2005): with all places taken a new one takes
 * the place of the least, and its count, so that one that is frequent stays. What is told is the count since then, which is
 * never too much.
 */
final class Item {
    final String id;
    /** When it was first heard of, milliseconds since the epoch; 0: before that was noted. */
    long firstMs;
    /** Decayed likes, as of the index's landmark. */
    double weight;
    /** Likes, undecayed. */
    double likes;
    /** Place in the index's list; −1: it is not there any more. */
    int place;

    private @Nullable Item[] neighbours = {};
    private float[] counts = {};
    private float[] inherited = {};
    private int size;

    Item(String id, long firstMs) {
        this.id = id;
        this.firstMs = firstMs;
    }

    boolean isGone() {
        return place < 0;
    }

    void likedWith(Item other, int capacity) {
        int least = 0;
        for (int i = 0; i < size; i++) {
            if (neighbours[i] == other) {
                counts[i]++;
                return;
            }
            least = counts[i] < counts[least] ? i : least;
        }
        if (size < capacity) {
            if (size == counts.length) {
                int grown = Math.min(capacity, Math.max(4, 2 * size));
                neighbours = Arrays.copyOf(neighbours, grown);
                counts = Arrays.copyOf(counts, grown);
                inherited = Arrays.copyOf(inherited, grown);
            }
            least = size++;
        }
        inherited[least] = counts[least];
        neighbours[least] = other;
        counts[least]++;
    }

    /** Told of each neighbour that is still known. */
    interface Neighbour {
        void count(Item item, float count);
    }

    void neighbours(Neighbour each) {
        for (int i = 0; i < size; i++) {
            Item neighbour = neighbours[i];
            if (neighbour != null && !neighbour.isGone()) {
                each.count(neighbour, counts[i] - inherited[i]);
            }
        }
    }
}
