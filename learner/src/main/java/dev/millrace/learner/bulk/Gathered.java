package dev.millrace.learner.bulk;

import dev.millrace.ingest.sample.SampleBlock;
import java.util.stream.IntStream;

/**
 * One worker's features of a minibatch, sample by sample: numbers, and others, of which those are cold that have no place in
 * {@link MergedRows} and so their row in the table. One thread.
 */
final class Gathered {
    /** Features. */
    private static final int TOUCH_AHEAD = 320;

    private static final int LONGS_A_LINE = 8;

    /** Features of one kind; those of sample i end before {@code ends[i]}. */
    static final class Features {
        private int size;
        final int[] ends;
        /** Among the merged rows, or behind them. */
        int[] indexes = new int[0];

        float[] values = new float[0];

        int size() {
            return size;
        }

        private Features(int samples) {
            ends = new int[samples];
        }

        private void clear(int most) {
            size = 0;
            if (values.length < most) {
                indexes = new int[2 * most];
                values = new float[2 * most];
            }
        }
    }

    final Features numbers;
    final Features others;

    int cold;
    /** Of what is cold. */
    long[] coldKeys = new long[0];

    long[] coldRows = new long[0];
    float[] coldZ = new float[0];
    float[] coldN = new float[0];
    float[] coldWeights = new float[0];
    /** 0, 1, 2, … */
    int[] coldPlaces = new int[0];

    /** What {@link #touchAhead} read: without use, the compiler would drop it. */
    private long touched;

    /** @param samples at most */
    Gathered(int samples) {
        numbers = new Features(samples);
        others = new Features(samples);
    }

    private void clear(int most) {
        numbers.clear(most);
        others.clear(most);
        cold = 0;
        // Never true of a sum of hashes.
        boolean unlikely = touched == Long.MIN_VALUE;
        if (coldKeys.length < most + 1 || unlikely) {
            coldPlaces = IntStream.range(0, 2 * most).toArray();
            // One is written behind those that are cold.
            coldKeys = new long[2 * most + 1];
            coldRows = new long[2 * most];
            coldZ = new float[2 * most];
            coldN = new float[2 * most];
            coldWeights = new float[2 * most];
        }
    }

    /**
     * @param often a power of two; a key's place there is its low bits
     * @param pattern of this worker's features
     */
    void fill(SampleBlock block, int from, int to, MergedRows often, SlotPattern pattern) {
        int most = block.offset(to) - block.offset(from);
        clear(most);
        often.room(most);
        boolean uniform = block.isUniform();
        for (int i = from; i < to; i++) {
            int start = block.offset(i);
            int count = block.offset(i + 1) - start;
            touched += touchAhead(block, start, count);
            if (i == from || !uniform) {
                pattern.follow(block, start, count);
            }
            numbers.size = pattern.numbers(block, start, numbers.indexes, numbers.values, numbers.size);
            numbers.ends[i - from] = numbers.size;
            addOthers(block, start, often, pattern);
            others.ends[i - from] = others.size;
        }
    }

    /**
     * Reads a word of each cache line of a sample some samples ahead, so that they are here when it comes: a processor's own
     * prefetch ends at each page.
     */
    private static long touchAhead(SampleBlock block, int start, int count) {
        int first = start + TOUCH_AHEAD;
        int end = Math.min(first + count, block.offset(block.size()));
        long sum = 0;
        for (int f = first; f < end; f += LONGS_A_LINE) {
            sum += block.featureId(f);
        }
        for (int f = first; f < end; f += 2 * LONGS_A_LINE) {
            sum += Float.floatToRawIntBits(block.featureValue(f));
        }
        return sum;
    }

    private void addOthers(SampleBlock block, int start, MergedRows often, SlotPattern pattern) {
        int size = others.size;
        int colds = cold;
        long[] keys = often.keys();
        int places = often.rows();
        for (int k = 0; k < pattern.others(); k++) {
            int f = start + pattern.placeOfOther(k);
            long key = block.featureId(f);
            int place = (int) key & (places - 1);
            // Whether it is here cannot be predicted: sums, not branches.
            long difference = keys[place] ^ key;
            int isCold = (int) ((difference | -difference) >>> (Long.SIZE - 1));
            others.indexes[size] = place + isCold * (places + colds - place);
            others.values[size++] = block.featureValue(f);
            coldKeys[colds] = key;
            colds += isCold;
        }
        others.size = size;
        cold = colds;
    }
}
