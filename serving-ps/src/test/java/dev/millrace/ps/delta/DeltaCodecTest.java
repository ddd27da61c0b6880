package dev.millrace.ps.delta;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.spec.WeightFormat;
import dev.millrace.ingest.topic.Topics;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeltaCodecTest {
    static Delta fixture1() {
        var ranges = new TreeMap<>(Map.of(0, new Delta.Range(5, 9), 3, new Delta.Range(0, 2)));
        var header = new Delta.Header(1, 77, 0xABCDL, 1_000, 900, ranges, 41, -9, 2);
        return new Delta(header, new long[] {1, -5, 1L << 60}, new float[] {0.5f, -1.25f, Float.NaN});
    }

    /** Short rows first, so that the order is the encoded one. */
    static Delta fixture(WeightFormat format) {
        var ranges = new TreeMap<>(Map.of(0, new Delta.Range(5, 9), 3, new Delta.Range(0, 2)));
        var parity = new Delta.Parity(4, 13, 1_000, -77);
        var header = new Delta.Header(1, 3, 6, 77, 0xABCDL, 1_000, 900, ranges, 41, -9, 2, format, parity);
        return new Delta(header, new long[] {1, -5, 1L << 60, 9}, new float[] {0.5f, -1.25f, Float.NaN, 1_234.567f});
    }

    /** Rows with vectors; narrow ones first, as they are encoded. */
    static Delta fixture3() {
        float[] rows = {0.5f, 0, 0, Float.NaN, 0, 0, 0, 1.5f, -2, 0.25f, 0, -3};
        return new Delta(fixture(WeightFormat.F32).header(), 3, new long[] {1, -5, 1L << 60, 9}, rows);
    }

    private static void assertSame(Delta expected, Delta read) {
        assertEquals(expected.header(), read.header());
        assertArrayEquals(expected.keys(), read.keys());
        assertEquals(expected.width(), read.width());
        assertArrayEquals(expected.weights(), read.weights());
    }

    @ParameterizedTest
    @EnumSource
    void roundTrips(WeightFormat format) {
        assertSame(fixture(format), DeltaCodec.decode(DeltaCodec.encode(fixture(format))));
        assertSame(fixture1(), DeltaCodec.decode(DeltaCodec.encode(fixture1())));
    }

    @ParameterizedTest
    @EnumSource(names = {"F16", "Q2_13"})
    void roundedWeightsTakeTwoBytesAndTheOthersComeBackTheSame(WeightFormat format) {
        Random random = new Random(3);
        long[] keys = random.longs(1_000, 1, Long.MAX_VALUE).toArray();
        float[] weights = new float[keys.length];
        WeightRounding rounding = new WeightRounding(format);
        Map<Long, Float> expected = new TreeMap<>();
        for (int i = 0; i < keys.length; i++) {
            float weight = i % 50 == 0 ? Float.NaN : (float) random.nextGaussian() * 0.5f;
            weights[i] = i % 10 == 1 ? weight : rounding.round(keys[i], weight);
            expected.put(keys[i], weights[i]);
        }
        Delta.Header header = fixture(format).header();
        byte[] bytes = DeltaCodec.encode(new Delta(header, keys, weights));
        assertTrue(bytes.length < 1_000 * 10 + 100 * 2 + 200, "bytes: " + bytes.length);
        Delta read = DeltaCodec.decode(bytes);
        Map<Long, Float> found = new TreeMap<>();
        for (int i = 0; i < keys.length; i++) {
            found.put(read.keys()[i], read.weights()[i]);
        }
        assertEquals(expected, found);
    }

    private byte[] fossil(String name) throws IOException {
        try (InputStream file = Objects.requireNonNull(getClass().getResourceAsStream(name))) {
            return file.readAllBytes();
        }
    }

    @Test
    void readsTheCommittedFixtureOfVersion1() throws IOException {
        assertSame(fixture1(), DeltaCodec.decode(fossil("delta-v1.bin")));
    }

    @Test
    void readsTheCommittedFixturesOfVersion2() throws IOException {
        for (WeightFormat format : WeightFormat.values()) {
            String name = "delta-v2-" + format.name().toLowerCase(Locale.ROOT) + ".bin";
            assertArrayEquals(DeltaCodec.encode(fixture(format)), fossil(name), name);
        }
    }

    @Test
    void readsTheCommittedFixtureOfVersion3() throws IOException {
        assertArrayEquals(DeltaCodec.encode(fixture3()), fossil("delta-v3.bin"));
        assertSame(fixture3(), DeltaCodec.decode(fossil("delta-v3.bin")));
    }

    @Test
    void rowsWithVectorsComeBackWhateverTheirOrder() {
        float[] rows = {0, 1.5f, -2, 0.5f, 0, 0};
        Delta read = DeltaCodec.decode(
                DeltaCodec.encode(new Delta(fixture(WeightFormat.F32).header(), 3, new long[] {7, 8}, rows)));
        assertArrayEquals(new long[] {8, 7}, read.keys());
        assertArrayEquals(new float[] {0.5f, 0, 0, 0, 1.5f, -2}, read.weights());
    }

    @Test
    void truncatedBytesAreRefused() throws IOException {
        for (byte[] bytes : List.of(
                DeltaCodec.encode(fixture(WeightFormat.F32)),
                DeltaCodec.encode(fixture(WeightFormat.F16)),
                DeltaCodec.encode(fixture3()),
                fossil("delta-v1.bin"))) {
            for (int length = 0; length < bytes.length; length++) {
                byte[] cut = Arrays.copyOf(bytes, length);
                assertThrows(IllegalArgumentException.class, () -> DeltaCodec.decode(cut), "cut to " + length);
            }
            byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
            assertThrows(IllegalArgumentException.class, () -> DeltaCodec.decode(longer));
            byte[] unknown = bytes.clone();
            unknown[0] = 9;
            assertThrows(IllegalArgumentException.class, () -> DeltaCodec.decode(unknown));
        }
    }

    @Test
    void everyChangedBitIsSeen() {
        byte[] bytes = DeltaCodec.encode(fixture(WeightFormat.F16));
        for (int bit = 0; bit < 8 * bytes.length; bit++) {
            byte[] changed = bytes.clone();
            changed[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThrows(IllegalArgumentException.class, () -> DeltaCodec.decode(changed), "bit " + bit);
        }
    }

    /** Whatever the bytes, nothing but a refusal: no other exception, no huge allocation. */
    @Test
    void randomBytesBehindARightChecksumAreRefusedOrADelta() {
        Random random = new Random(5);
        byte[] rounded = DeltaCodec.encode(fixture(WeightFormat.Q2_13));
        byte[] wide = DeltaCodec.encode(fixture3());
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = (i % 2 == 0 ? rounded : wide).clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                bytes[1 + random.nextInt(bytes.length - 5)] = (byte) random.nextInt();
            }
            CRC32C crc = new CRC32C();
            crc.update(bytes, 0, bytes.length - 4);
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length - 4, (int) crc.getValue());
            try {
                assertEquals(4, DeltaCodec.decode(bytes).keys().length);
            } catch (IllegalArgumentException refused) {
                assertNotNull(refused.getMessage());
            }
        }
    }

    @Test
    void keyZeroIsRefusedAsAWhole() throws IOException {
        byte[] bytes = fossil("delta-v1.bin");
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length - 3 * 12 + 8, 0);
        assertThrows(IllegalArgumentException.class, () -> DeltaCodec.decode(bytes));
        long[] keys = {1, 2, 0, 3};
        Delta delta = fixture(WeightFormat.F32);
        assertThrows(IllegalArgumentException.class, () -> new Delta(delta.header(), keys, delta.weights()));
    }

    @Test
    void moreRowsThanARecordTakesAreNotEncoded() {
        long[] keys = new long[DeltaCodec.MAX_ROWS + 1];
        Arrays.fill(keys, 7);
        Delta delta = new Delta(fixture1().header(), keys, new float[keys.length]);
        assertThrows(IllegalArgumentException.class, () -> DeltaCodec.encode(delta));
        Delta largest =
                new Delta(fixture1().header(), Arrays.copyOf(keys, keys.length - 1), new float[keys.length - 1]);
        assertTrue(DeltaCodec.encode(largest).length < Topics.MAX_RECORD_BYTES - (1 << 20));
    }
}
