package dev.millrace.learner.step;

import java.util.Arrays;

/** The distinct keys of a minibatch, numbered in the order in which its samples name them. Reused; one thread. */
public final class MergedKeys {
    private static final long FIBONACCI = 0x9E3779B97F4A7C15L;
    private static final int EMPTY = -1;

    private long[] keys = new long[256];
    private int[] occurrences = new int[256];
    private int[] numbers = new int[1024];
    private int shift = Long.SIZE - 10;
    private int size;

    public MergedKeys() {
        Arrays.fill(numbers, EMPTY);
    }

    public void clear() {
        if (size > numbers.length / 8) {
            Arrays.fill(numbers, EMPTY);
        } else {
            for (int i = 0; i < size; i++) {
                int at = home(keys[i]);
                while (numbers[at] != EMPTY) {
                    numbers[at] = EMPTY;
                    at = (at + 1) & (numbers.length - 1);
                }
            }
        }
        size = 0;
    }

    private int home(long key) {
        return (int) ((key * FIBONACCI) >>> shift);
    }

    /** The key's number, a new one if it had none. O(1) expected. */
    public int add(long key) {
        int at = home(key);
        while (numbers[at] != EMPTY) {
            int number = numbers[at];
            if (keys[number] == key) {
                occurrences[number]++;
                return number;
            }
            at = (at + 1) & (numbers.length - 1);
        }
        if (size == keys.length) {
            grow();
            at = free(key);
        }
        numbers[at] = size;
        keys[size] = key;
        occurrences[size] = 1;
        return size++;
    }

    private int free(long key) {
        int at = home(key);
        while (numbers[at] != EMPTY) {
            at = (at + 1) & (numbers.length - 1);
        }
        return at;
    }

    private void grow() {
        keys = Arrays.copyOf(keys, 2 * size);
        occurrences = Arrays.copyOf(occurrences, 2 * size);
        numbers = new int[2 * numbers.length];
        shift--;
        Arrays.fill(numbers, EMPTY);
        for (int i = 0; i < size; i++) {
            numbers[free(keys[i])] = i;
        }
    }

    public int size() {
        return size;
    }

    public long key(int number) {
        return keys[number];
    }

    public int occurrences(int number) {
        return occurrences[number];
    }

    /** All of them, the first {@link #size} of it. */
    public long[] keys() {
        return keys;
    }

    public int[] occurrences() {
        return occurrences;
    }
}
