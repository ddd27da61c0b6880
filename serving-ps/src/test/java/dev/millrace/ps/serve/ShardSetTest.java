package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShardSetTest {
    @Test
    void numbersAndRangesAreReadAndWritten() {
        ShardSet shards = ShardSet.parse("0-2, 5,7-7");
        assertEquals("0-2,5,7", shards.toString());
        assertTrue(shards.contains(2));
        assertFalse(shards.contains(3));
        assertTrue(ShardSet.parse("all").contains(4_000));
        assertEquals("all", ShardSet.parse("ALL").toString());
    }

    @Test
    void aShardThatTheModelLacksIsNamed() {
        ShardSet.ALL.checkOf(1);
        ShardSet.parse("0-3").checkOf(4);
        IllegalStateException e = assertThrows(
                IllegalStateException.class, () -> ShardSet.parse("0-3").checkOf(3));
        assertTrue(String.valueOf(e.getMessage()).startsWith("shard 3 of a model of 3 shards"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "1-", "3-1", "-1", "0,,1", "99999", "0-5000"})
    void whatNamesNoShardsIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> ShardSet.parse(text));
    }
}
