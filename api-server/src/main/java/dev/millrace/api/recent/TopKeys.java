package dev.millrace.api.recent;

import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The keys that came most, with a bounded number of counters: Space-Saving (Metwally, Agrawal, El Abbadi 2005) over
 * weights. A count is at most its {@code error} too high, and what is not there came no more often than the least count.
 * Halved with time, so that it tells of lately. Belongs to one thread.
 */
final class TopKeys {
    /**
     * @param count weights that were offered, at most {@code error} too high
     */
    record Top(long key, double count, double error) {}

    private final long[] keys;
    private final double[] counts;
    private final double[] errors;
    private final Long2IntOpenHashMap places;
    private double total;
    private int size;

    TopKeys(int counters) {
        keys = new long[counters];
        counts = new double[counters];
        errors = new double[counters];
        places = new Long2IntOpenHashMap(counters);
        places.defaultReturnValue(-1);
    }

    /** @return the key that had to go for this one; 0: none */
    long offer(long key, double weight) {
        total += weight;
        int place = places.get(key);
        long gone = 0;
        if (place < 0) {
            if (size < keys.length) {
                place = size++;
            } else {
                place = least();
                gone = keys[place];
                places.remove(gone);
                errors[place] = counts[place];
            }
            keys[place] = key;
            places.put(key, place);
        }
        counts[place] += weight;
        return gone;
    }

    private int least() {
        int least = 0;
        for (int i = 1; i < size; i++) {
            if (counts[i] < counts[least]) {
                least = i;
            }
        }
        return least;
    }

    boolean has(long key) {
        return places.containsKey(key);
    }

    /** Everything counts half from now on. */
    void halve() {
        total /= 2;
        for (int i = 0; i < size; i++) {
            counts[i] /= 2;
            errors[i] /= 2;
        }
    }

    /** Of all weights. */
    double total() {
        return total;
    }

    /** Most first. */
    List<Top> top(int many) {
        List<Top> all = new ArrayList<>(size);
        IntStream.range(0, size).forEach(i -> all.add(new Top(keys[i], counts[i], errors[i])));
        all.sort(Comparator.comparingDouble(Top::count).reversed());
        return List.copyOf(all.subList(0, Math.min(many, all.size())));
    }
}
