package dev.millrace.api.rank;

import java.util.Arrays;

/** Order of a ranking: by score, best first; equal scores keep the candidates' order. */
final class Ordering {
    private Ordering() {}

    /**
     * Indexes of the best {@code limit} of the first {@code n} scores, in order. O(n log n).
     *
     * @throws IllegalStateException when a score is no probability
     */
    static int[] best(float[] scores, int n, int limit) {
        long[] keys = new long[n];
        for (int i = 0; i < n; i++) {
            float score = scores[i];
            if (!(score >= 0f && score <= 1f)) {
                throw new IllegalStateException("score " + score + " of candidate " + i + " is no probability");
            }
            // Bits of floats from 0 up order like the floats; + 0f makes -0 a 0.
            long descending = (long) Integer.MAX_VALUE - Float.floatToIntBits(score + 0f);
            keys[i] = (descending << Integer.SIZE) | i;
        }
        Arrays.sort(keys);
        int[] best = new int[Math.min(n, limit)];
        for (int i = 0; i < best.length; i++) {
            best[i] = (int) keys[i];
        }
        return best;
    }
}
