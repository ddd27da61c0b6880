package dev.millrace.learner.bulk;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ingest.sample.SampleBlock;

/**
 * Which features of a sample are this worker's, by their places: samples mostly have the same slots at the same places,
 * so that nothing has to be looked up for each feature. A number's feature is the same in every sample that has it; such
 * a feature is one of {@link #numbers}. One thread.
 */
final class SlotPattern {
    private static final long SLOT = -1L << 48;
    private static final long WHOLE = -1L;
    /** Of a number's value, and of the bias. */
    private static final long NUMBER = 1;

    private final byte[] owners;
    private final int worker;
    private final HotRows numbers;
    private int length = -1;
    private long[] wanted = new long[64];
    private long[] masks = new long[64];
    private int[] placesOfNumbers = new int[64];
    private int[] numberAt = new int[64];
    private int[] placesOfOthers = new int[64];
    private int numbersHere;
    private int othersHere;

    SlotPattern(byte[] owners, int worker, HotRows numbers) {
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
                placesOfNumbers[numbersHere] = i;
                numberAt[numbersHere++] = numbers.indexOf(id);
            } else {
                placesOfOthers[othersHere++] = i;
            }
        }
    }

    int numbers() {
        return numbersHere;
    }

    /** Place within the sample of its i-th number. */
    int placeOfNumber(int i) {
        return placesOfNumbers[i];
    }

    /** Which number it is, as {@link HotRows} knows it. */
    int number(int i) {
        return numberAt[i];
    }

    int others() {
        return othersHere;
    }

    /** Place within the sample of its i-th feature that is no number. */
    int placeOfOther(int i) {
        return placesOfOthers[i];
    }
}
