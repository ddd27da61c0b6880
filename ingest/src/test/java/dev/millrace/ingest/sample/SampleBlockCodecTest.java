package dev.millrace.ingest.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SampleBlockCodecTest {
    private static final SampleBlock.Header HEADER = new SampleBlock.Header("movielens", 0x1234L, 1_000, 900);

    static SampleBlock fixture(boolean ones) {
        return fixture(ones, false);
    }

    /** Three samples with 0, 2 and 3 features. */
    static SampleBlock fixture(boolean ones, boolean flagged) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        int[] sizes = {0, 2, 3};
        for (int i = 0; i < sizes.length; i++) {
            vector.clear();
            for (int f = 0; f < sizes[i]; f++) {
                vector.add(100L * i + f, ones ? 1f : 0.5f * f);
            }
            builder.add(
                    new SampleBlockBuilder.Meta(
                            i - 7L,
                            20L + i,
                            30L + i,
                            i % 2,
                            1f,
                            0.5f,
                            0.25f * i,
                            40L + i,
                            50L + i,
                            flagged && i > 0 ? SampleBlock.FAKE_NEGATIVES : 0),
                    vector);
        }
        return builder.build(HEADER);
    }

    @Test
    void roundTripsWithAndWithoutValues() {
        for (boolean ones : new boolean[] {true, false}) {
            SampleBlock block = fixture(ones);
            byte[] bytes = SampleBlockCodec.encode(block);
            SampleBlock read = SampleBlockCodec.decode(bytes);
            assertEquals(HEADER, read.header());
            assertArrayEquals(bytes, SampleBlockCodec.encode(read));
            assertEquals(3, read.size());
            assertEquals(-6, read.sampleId(1));
            assertEquals(0.25f, read.servedScore(1));
            assertEquals(200, read.featureId(read.offset(2)));
            assertEquals(ones ? 1f : 0.5f, read.featureValue(read.offset(2) + 1));
        }
    }

    @Test
    void readsTheCommittedFixturesOfEveryVersion() throws IOException {
        byte[] plain = SampleBlockCodec.encode(fixture(false));
        assertArrayEquals(plain, SampleBlockCodec.encode(SampleBlockCodec.decode(fossil("sample-block-v1.bin"))));
        assertArrayEquals(plain, fossil("sample-block-v2-plain.bin"));
        assertArrayEquals(SampleBlockCodec.encode(fixture(false, true)), fossil("sample-block-v2-flags.bin"));
    }

    /** Of a model of three heads; the second sample says nothing of the first of them. */
    static SampleBlock ofHeads() {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        vector.add(7, 1f);
        for (int i = 0; i < 3; i++) {
            float[] more = {i, 1f, 0.5f, 2.5f * i, i == 2 ? 0f : 3f, Float.NaN};
            builder.add(
                    new SampleBlockBuilder.Meta(i, 20, 0, 1f, i == 1 ? 0f : 1f, 1f, 0.25f, 40, 50, (byte) 0, more),
                    vector);
        }
        return builder.build(HEADER);
    }

    @Test
    void headsTravelWithTheirSamples() throws IOException {
        SampleBlock read = SampleBlockCodec.decode(SampleBlockCodec.encode(ofHeads()));
        assertEquals(3, read.heads());
        assertEquals(0f, read.weight(1, 0));
        assertEquals(1f, read.label(1, 1));
        assertEquals(5f, read.label(2, 2));
        assertEquals(0f, read.weight(2, 2));
        assertEquals(0.5f, read.servedScore(0, 1));
        assertTrue(Float.isNaN(read.servedScore(0, 2)));
        assertEquals(
                1, SampleBlockCodec.decode(fossil("sample-block-v2-plain.bin")).heads());
        assertArrayEquals(fossil("sample-block-v3-heads.bin"), SampleBlockCodec.encode(ofHeads()));
        SampleBlockBuilder again = new SampleBlockBuilder();
        for (int i = 0; i < read.size(); i++) {
            again.add(read, i, new FeatureVector());
        }
        assertArrayEquals(SampleBlockCodec.encode(read), SampleBlockCodec.encode(again.build(HEADER)));
        byte[] bytes = SampleBlockCodec.encode(read);
        assertThrows(
                IllegalArgumentException.class, () -> SampleBlockCodec.decode(Arrays.copyOf(bytes, bytes.length - 5)));
    }

    /** Ten samples of two numbers, one of them always 3, and two categories, one of them always the same. */
    static SampleBlock uniform(int more) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        for (int i = 0; i < 10; i++) {
            vector.clear();
            vector.add(FeatureIds.BIAS, 1f);
            vector.add(FeatureIds.pack(3, FeatureIds.VALUE), i == 4 ? -0f : 0f);
            vector.add(FeatureIds.pack(4, FeatureIds.VALUE), 3f);
            vector.add(FeatureIds.pack(0xFFFF, (1L << 48) - 1 - i), 1f);
            vector.add(FeatureIds.pack(5, 77), 1f);
            float[] heads = new float[3 * more];
            Arrays.fill(heads, 0.5f * i);
            builder.add(
                    new SampleBlockBuilder.Meta(
                            i - 7L, 20, 30L + i, i % 2, 1f, 0.5f, 0.25f * i, 40, 50L + i, (byte) (i & 1), heads),
                    vector);
        }
        return builder.build(HEADER);
    }

    @Test
    void samplesOfTheSameSlotsSayOnceWhatIsTheSame() throws IOException {
        for (int more : new int[] {0, 2}) {
            SampleBlock block = uniform(more);
            byte[] bytes = SampleBlockCodec.encode(block);
            assertArrayEquals(fossil("sample-block-v4-heads-" + more + ".bin"), bytes);
            SampleBlock read = SampleBlockCodec.decode(bytes);
            assertTrue(read.isUniform());
            assertArrayEquals(bytes, SampleBlockCodec.encode(read));
            assertEquals(block.heads(), read.heads());
            for (int i = 0; i < block.size(); i++) {
                assertEquals(block.sampleId(i), read.sampleId(i));
                assertEquals(block.actionHash(i), read.actionHash(i));
                assertEquals(block.servedScore(i), read.servedScore(i));
                assertEquals(block.eventTimeMs(i), read.eventTimeMs(i));
                assertEquals(block.hasFakeNegatives(i), read.hasFakeNegatives(i));
                assertEquals(block.label(i, more), read.label(i, more));
                assertEquals(block.offset(i + 1), read.offset(i + 1));
                for (int f = block.offset(i); f < block.offset(i + 1); f++) {
                    assertEquals(block.featureId(f), read.featureId(f));
                    // −0 too.
                    assertEquals(
                            Float.floatToRawIntBits(block.featureValue(f)),
                            Float.floatToRawIntBits(read.featureValue(f)));
                }
            }
            damage(bytes);
        }
    }

    /** A hash that is a number's, where others are none: still whole, and no longer of the same kinds. */
    @Test
    void hostileHashesAreLookedAt() {
        byte[] bytes = SampleBlockCodec.encode(uniform(0));
        // The last sample's one id that varies, before its one value that does and two zeros.
        int at = bytes.length - 2 - Float.BYTES - 6;
        Arrays.fill(bytes, at, at + 6, (byte) 0);
        bytes[at] = 1;
        SampleBlock read = SampleBlockCodec.decode(bytes);
        assertEquals(FeatureIds.pack(0xFFFF, FeatureIds.VALUE), read.featureId(read.offset(9) + 3));
        assertFalse(read.isUniform());
    }

    private byte[] fossil(String name) throws IOException {
        try (InputStream file = Objects.requireNonNull(getClass().getResourceAsStream(name), name)) {
            return file.readAllBytes();
        }
    }

    @Test
    void flagsTravelWithTheirSamples() {
        SampleBlock read = SampleBlockCodec.decode(SampleBlockCodec.encode(fixture(true, true)));
        assertFalse(read.hasFakeNegatives(0));
        assertTrue(read.hasFakeNegatives(1));
        assertArrayEquals(
                SampleBlockCodec.encode(fixture(true, true)),
                SampleBlockCodec.encode(SampleBlockCodec.decode(SampleBlockCodec.encode(read))));
    }

    @Test
    void damagedBytesAreRefusedNotMisread() {
        damage(SampleBlockCodec.encode(fixture(false, true)));
    }

    private static void damage(byte[] bytes) {
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(IllegalArgumentException.class, () -> SampleBlockCodec.decode(cut), "cut to " + length);
        }
        long seed = 42;
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            byte[] flipped = bytes.clone();
            flipped[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                assertTrue(SampleBlockCodec.decode(flipped).size() >= 0);
            } catch (IllegalArgumentException e) {
                assertTrue(e.getMessage() != null, "seed " + seed);
            }
        }
    }

    @Test
    void builderIsEmptyAfterwardsAndCopiesSamples() {
        SampleBlock block = fixture(false);
        SampleBlockBuilder builder = new SampleBlockBuilder();
        for (int i = 0; i < block.size(); i++) {
            builder.add(block, i, new FeatureVector());
        }
        assertEquals(5, builder.features());
        assertArrayEquals(SampleBlockCodec.encode(block), SampleBlockCodec.encode(builder.build(HEADER)));
        assertEquals(0, builder.size());
    }
}
