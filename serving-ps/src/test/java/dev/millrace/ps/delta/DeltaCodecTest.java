package dev.millrace.ps.delta;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class DeltaCodecTest {
    static Delta fixture() {
        var ranges = new TreeMap<>(Map.of(0, new Delta.Range(5, 9), 3, new Delta.Range(0, 2)));
        var header = new Delta.Header(1, 77, 0xABCDL, 1_000, 900, ranges, 41, -9, 2);
        return new Delta(header, new long[] {1, -5, 1L << 60}, new float[] {0.5f, -1.25f, Float.NaN});
    }

    @Test
    void roundTrips() {
        Delta read = DeltaCodec.decode(DeltaCodec.encode(fixture()));
        assertEquals(fixture().header(), read.header());
        assertArrayEquals(fixture().keys(), read.keys());
        assertArrayEquals(fixture().weights(), read.weights());
    }

    @Test
    void readsTheCommittedFixtureOfVersion1() throws IOException {
        try (InputStream file = Objects.requireNonNull(getClass().getResourceAsStream("delta-v1.bin"))) {
            assertArrayEquals(DeltaCodec.encode(fixture()), file.readAllBytes());
        }
    }

    @Test
    void truncatedBytesAreRefused() {
        byte[] bytes = DeltaCodec.encode(fixture());
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(IllegalArgumentException.class, () -> DeltaCodec.decode(cut), "cut to " + length);
        }
        byte[] unknown = bytes.clone();
        unknown[0] = 9;
        assertThrows(IllegalArgumentException.class, () -> DeltaCodec.decode(unknown));
    }

    @Test
    void keyZeroIsRefusedAsAWhole() {
        Delta delta = fixture();
        long[] keys = delta.keys().clone();
        byte[] bytes = DeltaCodec.encode(delta);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length - keys.length * 12 + 8, 0);
        assertThrows(IllegalArgumentException.class, () -> DeltaCodec.decode(bytes));
        keys[2] = 0;
        assertThrows(IllegalArgumentException.class, () -> new Delta(delta.header(), keys, delta.weights()));
    }
}
