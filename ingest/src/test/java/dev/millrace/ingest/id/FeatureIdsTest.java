package dev.millrace.ingest.id;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FeatureIdsTest {
    /** Vectors of the xxHash specification's reference implementation. */
    @Test
    void xxHash64AgreesWithPublishedVectors() {
        assertEquals(0xEF46DB3751D8E999L, XxHash64.hash(bytes(""), 0));
        assertEquals(0xD24EC4F1A98C6E5BL, XxHash64.hash(bytes("a"), 0));
        assertEquals(0x44BC2CF5AD770999L, XxHash64.hash(bytes("abc"), 0));
        assertEquals(0xCFE1F278FA89835CL, XxHash64.hash(bytes("abcdefghijklmnopqrstuvwxyz"), 0));
        assertEquals(
                0xAAA46907D3047814L,
                XxHash64.hash(bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"), 0));
    }

    @Test
    void packingKeepsSlotAndHash() {
        int slot = FeatureIds.slot("genres");
        long id = FeatureIds.pack(slot, FeatureIds.hash("Comedy", slot));
        assertEquals(slot, FeatureIds.slotOf(id));
        assertEquals(FeatureIds.hash("Comedy", slot) & 0xFFFFFFFFFFFFL, id & 0xFFFFFFFFFFFFL);
        assertTrue(slot >= 1 && slot <= 0xFFFF);
        assertEquals(0, FeatureIds.slotOf(FeatureIds.BIAS));
    }

    @Test
    void crossesAreOrdered() {
        assertNotEquals(FeatureIds.cross(3, 5), FeatureIds.cross(5, 3));
    }

    @Test
    void sampleIdsDifferByEveryPart() {
        Set<Long> ids = new HashSet<>();
        for (String model : new String[] {"m", "n"}) {
            for (String request : new String[] {"r", "s"}) {
                for (String item : new String[] {"i", "j"}) {
                    for (int revision = 0; revision < 2; revision++) {
                        ids.add(SampleIds.of(model, request, item, revision));
                    }
                }
            }
        }
        assertEquals(16, ids.size());
        assertEquals(SampleIds.of("m", "r", "i", 0), SampleIds.of("m", "r", "i", 0));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
