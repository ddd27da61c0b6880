package dev.millrace.learner.bulk;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;

/**
 * Which features of a sample are this worker's, by their places: samples mostly have the same slots at the same places,
 * so that nothing has to be looked up for each feature. A number's feature is the same in every sample that has it; such
 * a feature has a row by itself. One thread.
 */
final class SlotPattern {
    /** Knows the rows of numbers. */
    @FunctionalInterface
    interface Numbers {
        /** O(numbers): asked where a pattern changes. @return below 0 where the table has no room */
        int indexOf(long key);
    }

    private static final long SLOT = -1L << 48;
    private static final long WHOLE = -1L;
    /** Of a number's value, and of the bias. */
    private static final long NUMBER = 1;

    private final byte[] owners;
    private final int worker;
    private final Numbers numbers;
    private int length = -1;
    private long[] wanted = new long[64];
    private long[] masks = new long[64];
    private int[] placesOfNumbers = new int[64];
    private int[] numberAt = new int[64];
    private int[] placesOfOthers = new int[64];
    private int numbersHere;
    private int othersHere;

    SlotPattern(byte[] owners, int worker, Numbers numbers) {
        this.owners = owners;
        this.worker = worker;
        this.numbers = numbers;
    }

    /** Makes it that of the sample whose features begin at {@code start}, if it is not yet. */
    void follow(SampleBlock block, int start, int count) {
        if (count != length || !fits(block, start)) {
            make(block, start, count);
        }
    }

    private boolean fits(SampleBlock block, int start) {
        long differing = 0;
        for (int i = 0; i < length; i++) {
            differing |= (block.featureId(start + i) ^ wanted[i]) & masks[i];
        }
        return differing == 0;
    }

    private void make(SampleBlock block, int start, int count) {
        if (count > wanted.length) {
            wanted = new long[2 * count];
            masks = new long[2 * count];
            placesOfNumbers = new int[2 * count];
            numberAt = new int[2 * count];
            placesOfOthers = new int[2 * count];
        }
        length = count;
        numbersHere = 0;
        othersHere = 0;
        for (int i = 0; i < count; i++) {
            long id = block.featureId(start + i);
            boolean isNumber = (id & ~SLOT) == NUMBER;
            wanted[i] = id;
            masks[i] = isNumber ? WHOLE : SLOT;
            if (owners[FeatureIds.slotOf(id)] != worker) {
                continue;
            }
            if (isNumber) {
                int index = numbers.indexOf(id);
                placesOfNumbers[numbersHere] = i;
                numberAt[numbersHere] = index;
                numbersHere += index < 0 ? 0 : 1;
            } else {
                placesOfOthers[othersHere++] = i;
            }
        }
    }

    /**
     * Appends this worker's numbers of the sample whose features begin at {@code start}.
     *
     * @param which receives each one's index
     * @return how many are there now
     */
    int numbers(SampleBlock block, int start, int[] which, float[] values, int size) {
        for (int k = 0; k < numbersHere; k++) {
            which[size + k] = numberAt[k];
            values[size + k] = block.featureValue(start + placesOfNumbers[k]);
        }
        return size + numbersHere;
    }

    /** How many features of a sample are not {@link #numbers}. */
    int others() {
        return othersHere;
    }

    /** Place within the sample of its i-th feature that is no number. */
    int placeOfOther(int i) {
        return placesOfOthers[i];
    }
}
