package dev.millrace.api.rank;

import java.util.Arrays;

/** Order of a ranking: by score, best first; equal scores keep the candidates' order. */
final class Ordering {
    /** A heap of the best is quicker than sorting all when it holds less than this part of them. */
    private static final int FEW = 4;

    private Ordering() {}

    /**
     * Indexes of the best {@code limit} of the first {@code n} scores, in order. O(n log n); of a small limit about O(n).
     *
     * @throws IllegalStateException when a score is not finite
     */
    static int[] best(float[] scores, int n, int limit) {
        long[] keys = new long[n];
        for (int i = 0; i < n; i++) {
            float score = scores[i];
            if (!Float.isFinite(score)) {
                throw new IllegalStateException("score " + score + " of candidate " + i + " is not finite");
            }
            keys[i] = key(score, i);
        }
        if (limit < n / FEW) {
            keys = least(keys, limit);
        }
        return first(keys, Math.min(n, limit));
    }

    /** Indexes of all sums, the highest first. O(n log n). */
    static int[] descending(float[] sums) {
        long[] keys = new long[sums.length];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = key(sums[i], i);
        }
        return first(keys, keys.length);
    }

    /** The lower, the higher the score; of equal ones, the lower the index. */
    private static long key(float score, int index) {
        // Bits of floats from 0 up order like the floats; + 0f makes -0 a 0.
        int bits = Float.floatToIntBits(score + 0f);
        // Of a negative float the other bits order the wrong way round.
        int ascending = bits ^ (bits >> (Integer.SIZE - 1) & Integer.MAX_VALUE);
        return ((long) ~ascending << Integer.SIZE) | index;
    }

    private static int[] first(long[] keys, int count) {
        Arrays.sort(keys);
        int[] first = new int[count];
        for (int i = 0; i < count; i++) {
            first[i] = (int) keys[i];
        }
        return first;
    }

    /** The least {@code count} of the keys, in no order: a heap of them with the largest on top, which a lesser one replaces. */
    private static long[] least(long[] keys, int count) {
        long[] heap = Arrays.copyOf(keys, count);
        for (int i = count / 2 - 1; i >= 0; i--) {
            sink(heap, i);
        }
        for (int i = count; i < keys.length; i++) {
            if (keys[i] < heap[0]) {
                heap[0] = keys[i];
                sink(heap, 0);
            }
        }
        return heap;
    }

    private static void sink(long[] heap, int from) {
        long key = heap[from];
        int i = from;
        for (int child = 2 * i + 1; child < heap.length; child = 2 * i + 1) {
            if (child + 1 < heap.length && heap[child + 1] > heap[child]) {
                child++;
            }
            if (heap[child] <= key) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = key;
    }
}
