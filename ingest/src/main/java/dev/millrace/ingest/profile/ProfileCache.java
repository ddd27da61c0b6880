package dev.millrace.ingest.profile;

import dev.millrace.ingest.feature.RawFeatures;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Profiles by id in sets of {@value #WAYS} places: a look-up reads one set, without a lock. A full set gives up a profile
 * that was not read since it was last looked over (second chance). One grows old after three quarters of its longest age to
 * all of it, and is due to be read again after a quarter to a half. Safe for many threads.
 *
 * <pre>
 *  set 0                 set 1
 *  | e | e | - | … 8 |   | e | e | e | … 8 |     an id's set: low bits of its hash
 * </pre>
 */
final class ProfileCache {
    private static final int WAYS = 8;
    private static final int LEAST_SETS = 8;

    private final int mask;
    private final long maxAgeNs;
    private final AtomicReferenceArray<@Nullable Entry> places;
    /** Of each place, the hash of what is probably there: spares a look at an entry that is another's. */
    private final int[] hashes;

    private static final class Entry {
        private final String id;
        private final RawFeatures features;
        private final long readNs;
        /** Written without order: a lost one costs a profile its second chance. */
        private boolean used;
        /** Whether it is going to be read again. The same. */
        private boolean asked;

        Entry(String id, RawFeatures features, long readNs) {
            this.id = id;
            this.features = features;
            this.readNs = readNs;
        }
    }

    /** @param entries about how many it holds; rounded up */
    ProfileCache(int entries, Duration maxAge) {
        int sets = Math.max(LEAST_SETS, Integer.highestOneBit(Math.max(1, (entries - 1) / WAYS)) << 1);
        mask = sets - 1;
        maxAgeNs = maxAge.toNanos();
        places = new AtomicReferenceArray<>(sets * WAYS);
        hashes = new int[sets * WAYS];
    }

    private static int hash(String id) {
        int h = id.hashCode() * 0x9E3779B9;
        return h ^ (h >>> 15);
    }

    /**
     * @param found receives what is known, in the ids' order
     * @param due hears of what is to be read again soon, and says whether it will be; null: nothing is
     * @return how many are not
     */
    int getAll(List<String> ids, long nowNs, @Nullable RawFeatures[] found, @Nullable Predicate<String> due) {
        int missing = 0;
        long oldestNs = nowNs - maxAgeNs;
        long dueNs = due == null ? Long.MIN_VALUE / 2 : nowNs - maxAgeNs / 2;
        @Nullable Entry[] probable = new Entry[found.length];
        int characters = 0;
        // In loops of few steps many misses are on their way at once.
        for (int i = 0; i < found.length; i++) {
            probable[i] = probable(hash(ids.get(i)));
        }
        for (Entry entry : probable) {
            characters += entry == null ? 0 : entry.id.length();
        }
        for (int i = 0; i < found.length; i++) {
            Entry entry = checked(probable[i], ids.get(i), oldestNs);
            found[i] = entry == null ? null : entry.features;
            if (due != null && entry != null && !entry.asked && entry.readNs - dueNs < 0) {
                entry.asked = due.test(entry.id);
            }
            missing += found[i] == null ? 1 : 0;
        }
        // Never true, and the compiler cannot know: it would drop the reads.
        return characters < 0 ? found.length : missing;
    }

    /** What was said to be read again, and was not, is due when it is asked for next. */
    void askAgain(List<String> ids) {
        for (String id : ids) {
            Entry entry = find(id, Long.MIN_VALUE / 2);
            if (entry != null) {
                entry.asked = false;
            }
        }
    }

    /** However old. */
    @Nullable
    RawFeatures any(String id) {
        Entry entry = find(id, Long.MIN_VALUE / 2);
        return entry == null ? null : entry.features;
    }

    /** @param oldestNs when it was read, at the earliest */
    private @Nullable Entry find(String id, long oldestNs) {
        return checked(probable(hash(id)), id, oldestNs);
    }

    /** What is most likely there under the hash; perhaps another's. */
    private @Nullable Entry probable(int hash) {
        int set = (hash & mask) * WAYS;
        // Which place it is cannot be predicted: all are compared.
        int at = set;
        for (int place = set; place < set + WAYS; place++) {
            at = hashes[place] == hash ? place : at;
        }
        return places.getAcquire(at);
    }

    private @Nullable Entry checked(@Nullable Entry probable, String id, long oldestNs) {
        Entry entry = probable;
        if (entry == null || !entry.id.equals(id)) {
            entry = search(id, hash(id));
        }
        if (entry == null || entry.readNs - oldestNs < 0) {
            return null;
        }
        if (!entry.used) {
            entry.used = true;
        }
        return entry;
    }

    /** For what has the hash of another. */
    private @Nullable Entry search(String id, int hash) {
        int set = (hash & mask) * WAYS;
        for (int place = set; place < set + WAYS; place++) {
            if (hashes[place] == hash) {
                Entry entry = places.getAcquire(place);
                if (entry != null && entry.id.equals(id)) {
                    return entry;
                }
            }
        }
        return null;
    }

    /** Old ones that say the same stay, with what was made of them. @return what it holds now */
    RawFeatures put(String id, RawFeatures read, long nowNs) {
        RawFeatures known = any(id);
        RawFeatures features = known != null && known.equals(read) ? known : read;
        replace(id, features, nowNs);
        return features;
    }

    private void replace(String id, RawFeatures features, long nowNs) {
        int hash = hash(id);
        int place = placeFor(id, (hash & mask) * WAYS);
        hashes[place] = hash;
        places.setRelease(place, new Entry(id, features, nowNs - early(hash)));
    }

    /** Up to a quarter of the age that it may reach, by the id: what was read together is not read again together. */
    private long early(int hash) {
        return (long) ((hash >>> Byte.SIZE) * (maxAgeNs / 4.0) / (1 << (Integer.SIZE - Byte.SIZE)));
    }

    private int placeFor(String id, int set) {
        int free = -1;
        for (int place = set; place < set + WAYS; place++) {
            Entry entry = places.getAcquire(place);
            if (entry == null) {
                free = free < 0 ? place : free;
            } else if (entry.id.equals(id)) {
                return place;
            }
        }
        return free >= 0 ? free : leastUsed(set);
    }

    private int leastUsed(int set) {
        for (int place = set; place < set + WAYS; place++) {
            Entry entry = places.getAcquire(place);
            if (entry == null || !entry.used) {
                return place;
            }
        }
        for (int place = set; place < set + WAYS; place++) {
            Entry entry = places.getAcquire(place);
            if (entry != null) {
                entry.used = false;
            }
        }
        return set;
    }

    /** A second place with the same id, which two threads may have filled at once, goes too. */
    void remove(String id) {
        int hash = hash(id);
        int set = (hash & mask) * WAYS;
        for (int place = set; place < set + WAYS; place++) {
            Entry entry = places.getAcquire(place);
            if (entry != null && entry.id.equals(id)) {
                places.compareAndSet(place, entry, null);
            }
        }
    }
}
