package dev.millrace.ingest.feature;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which attribute of a spec each name of an impression's dictionary is. Dictionaries come again and again, so the last
 * {@value #KEPT} are remembered by their bytes. One thread.
 */
final class AttributeNames {
    private static final int KEPT = 64;
    private static final float LOAD = 0.75f;

    private final Map<String, Integer> attributes;
    private final Map<Key, int[]> known = new LinkedHashMap<>(2 * KEPT, LOAD, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, int[]> eldest) {
            return size() > KEPT;
        }
    };
    private byte[] lastBytes = new byte[0];
    private int[] last = new int[0];

    /** The dictionary's fields. */
    @SuppressWarnings("ArrayRecordComponent") // compared by content below
    private record Key(byte[] fields) {
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key that && Arrays.equals(fields, that.fields);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(fields);
        }
    }

    /** @param attributes number of each attribute that is of use */
    AttributeNames(Map<String, Integer> attributes) {
        this.attributes = attributes;
    }

    /** The attribute of each name, {@link EncodedFeatures#ABSENT} for those of no use; not to be changed. */
    int[] of(EncodedImpression impression) {
        int from = impression.namesFrom();
        int to = impression.namesTo();
        byte[] bytes = impression.array();
        if (!Arrays.equals(bytes, from, to, lastBytes, 0, lastBytes.length)) {
            lastBytes = Arrays.copyOfRange(bytes, from, to);
            last = known.computeIfAbsent(new Key(lastBytes), key -> read(key.fields()));
        }
        return last;
    }

    private int[] read(byte[] fields) {
        WireCursor in = new WireCursor(fields, 0, fields.length);
        int[] found = new int[8];
        int names = 0;
        while (in.hasMore()) {
            in.tag();
            int length = in.length();
            String name = new String(fields, in.at, length, StandardCharsets.UTF_8);
            in.at += length;
            if (names == found.length) {
                found = Arrays.copyOf(found, 2 * names);
            }
            found[names++] = attributes.getOrDefault(name, EncodedFeatures.ABSENT);
        }
        return Arrays.copyOf(found, names);
    }
}
