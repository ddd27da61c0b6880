package dev.millrace.ps.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.id.FeatureIds;
import dev.millrace.ps.delta.Delta;
import dev.millrace.ps.table.KeyHash;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ServedVersionTest {
    private static final int BIAS_SHARD = KeyHash.shardOf(FeatureIds.BIAS, 3);

    private static Delta.Header header(int shard, long sequence, long watermarkMs, Map<Integer, Delta.Range> ranges) {
        return new Delta.Header(shard, sequence, 0, 4_000, watermarkMs, new TreeMap<>(ranges), 10 + shard, 20, 3);
    }

    @Test
    void whatWasLearnedIsWhatEveryShardHasLearned() {
        ServedVersion version = ServedVersion.before(3)
                .after(header(0, 1, 500, Map.of(0, new Delta.Range(0, 10), 1, new Delta.Range(0, 4))), 5_000)
                .after(header(1, 1, 300, Map.of(0, new Delta.Range(0, 7))), 5_001);
        assertEquals(2, version.sequence());
        assertEquals(0, version.watermarkMs(), "the third has not spoken");
        assertEquals(Map.of(0, 0L, 1, 0L), version.sampleOffsets());
        version = version.after(header(2, 1, 400, Map.of(0, new Delta.Range(0, 9))), 5_002)
                .after(header(2, 2, 400, Map.of(1, new Delta.Range(0, 1))), 5_003);
        assertEquals(4, version.sequence());
        assertEquals(300, version.watermarkMs());
        assertEquals(Map.of(0, 7L, 1, 0L), version.sampleOffsets());
        assertEquals(5_003, version.appliedMs());
        assertEquals(10 + BIAS_SHARD, version.samples(), "of the shard that holds the bias");
    }

    @Test
    void oneShardSpeaksForItself() {
        ServedVersion version = ServedVersion.before(1)
                .after(header(0, 1, 500, Map.of(3, new Delta.Range(2, 10))), 5_000)
                .after(header(0, 2, 600, Map.of(1, new Delta.Range(0, 1))), 5_001);
        assertEquals(Map.of(3, 10L, 1, 1L), version.sampleOffsets());
        assertEquals(600, version.watermarkMs());
        assertEquals(10, version.samples());
    }

    @Test
    void comesBackFromItsBytes() {
        ServedVersion version = ServedVersion.before(3)
                .after(header(2, 9, 400, Map.of(0, new Delta.Range(0, 9), 5, new Delta.Range(1, 2))), 5_002)
                .withRows(77);
        ByteBuffer bytes = ByteBuffer.allocate(VersionCodec.size(version));
        VersionCodec.write(version, bytes);
        assertEquals(0, bytes.remaining());
        assertEquals(version, VersionCodec.read(bytes.flip()));
    }

    @Test
    void theStateComesBackAndOthersAreRefused() {
        ServedVersion version = ServedVersion.before(2).after(header(1, 1, 400, Map.of(0, new Delta.Range(0, 9))), 7);
        byte[] bytes = StateCodec.encode(new RowStore.State(version, 0xABCL, new long[] {-1, 42}));
        RowStore.State state = StateCodec.decode(bytes);
        assertArrayEquals(new long[] {-1, 42}, state.nextDelta());
        assertEquals(0xABCL, state.specFingerprint());
        assertEquals(version, state.version());
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(IllegalArgumentException.class, () -> StateCodec.decode(cut));
        }
        bytes[0] = 1;
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> StateCodec.decode(bytes));
        assertTrue(String.valueOf(e.getMessage()).contains("version 1"));
    }
}
