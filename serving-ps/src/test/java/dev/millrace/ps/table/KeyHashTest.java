package dev.millrace.ps.table;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyHashTest {
    @Test
    void theKeyComesBackFromItsHash() {
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            long key = random.nextLong();
            assertEquals(key, KeyHash.unmix(KeyHash.mix(key)));
            assertEquals(i, KeyHash.unmix(KeyHash.mix(i)));
        }
    }
}
