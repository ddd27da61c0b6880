package dev.millrace.ps.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

class KeyHashTest {
    private static final int KEYS = 1 << 16;
    private static final int BUCKETS = KEYS / 2;

    /** Structured keys fall like random ones: with two a bucket, a bucket of more than 14 is one in 10⁸. */
    @Test
    void structuredKeysSpread() {
        assertSpread("counted", i -> i + 1);
        assertSpread("hashed before", i -> KeyHash.mix(i + 1));
        assertSpread("hashed twice before", i -> KeyHash.mix(KeyHash.mix(i + 1)));
        assertSpread("steps of 4096", i -> i << 12);
        assertSpread("slots of one id", i -> (i << 48) | 1);
        assertSpread("few ids in many slots", i -> ((i >>> 3) << 48) | (i & 7));
        assertSpread("multiplied", i -> i * 0x9E3779B97F4A7C15L);
    }

    @Test
    void mixingIsUndone() {
        Random random = new Random(5);
        for (int i = 0; i < 10_000; i++) {
            long key = random.nextLong();
            assertEquals(key, KeyHash.unmix(KeyHash.mix(key)));
        }
    }

    private static void assertSpread(String what, LongUnaryOperator keys) {
        int[] places = new int[BUCKETS];
        int[] shards = new int[BUCKETS];
        for (int i = 0; i < KEYS; i++) {
            long key = keys.applyAsLong(i);
            places[(int) ((KeyHash.place(key) * BUCKETS) >>> 32)]++;
            shards[KeyHash.shardOf(key, BUCKETS)]++;
        }
        for (int i = 0; i < BUCKETS; i++) {
            assertTrue(places[i] <= 14, what + ": " + places[i] + " in place " + i);
            assertTrue(shards[i] <= 14, what + ": " + shards[i] + " in shard " + i);
        }
    }
}
