package dev.millrace.ingest.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.ingest.feature.FeatureVector;
import dev.millrace.ingest.id.FeatureIds;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ColumnarCodecTest {
    /** Slots 1..6 in order, each in it or not, the third several times; or in any order. */
    private static SampleBlock random(Random random, int samples, boolean ordered) {
        SampleBlockBuilder builder = new SampleBlockBuilder();
        FeatureVector vector = new FeatureVector();
        for (int i = 0; i < samples; i++) {
            vector.clear();
            vector.add(FeatureIds.BIAS, 1f);
            for (int s = 1; s <= 6; s++) {
                int slot = ordered ? s : 1 + random.nextInt(6);
                for (int n = s == 3 ? random.nextInt(4) : random.nextInt(2); n > 0; n--) {
                    long hash = random.nextInt(s == 5 ? 1 << 30 : 1 << s);
                    vector.add(FeatureIds.pack(slot, hash), s == 4 ? random.nextFloat() : 1f);
                }
            }
            builder.add(
                    new SampleBlockBuilder.Meta(
                            random.nextLong(), i, 0, random.nextInt(2), 1f, 1f, Float.NaN, 0, 1_000 + i, (byte)
                                    (i & 1)),
                    vector);
        }
        return builder.build(new SampleBlock.Header("m", 5, 6, 7));
    }

    private static byte[] encode(SampleBlock block) {
        ByteBuffer out = ByteBuffer.allocate(ColumnarCodec.maxBytes(block)).order(ByteOrder.LITTLE_ENDIAN);
        ColumnarCodec.encode(block, out);
        return Arrays.copyOf(out.array(), out.position());
    }

    private static SampleBlock decode(byte[] bytes) {
        return ColumnarCodec.decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), "m", 5);
    }

    @Test
    void everyBlockComesBackAsItWas() {
        for (int seed = 0; seed < 100; seed++) {
            Random random = new Random(seed);
            for (boolean ordered : new boolean[] {true, false}) {
                SampleBlock block = random(random, random.nextInt(300), ordered);
                SampleBlock again = decode(encode(block));
                assertEquals(block.header(), again.header());
                assertArrayEquals(SampleBlockCodec.encode(block), SampleBlockCodec.encode(again), "seed " + seed);
            }
        }
    }

    @Test
    void headsComeBackToo() {
        SampleBlock block = SampleBlockCodecTest.ofHeads();
        byte[] bytes = encode(block);
        assertEquals(2, bytes[0]);
        SampleBlock again = ColumnarCodec.decode(
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN),
                block.header().model(),
                block.header().specFingerprint());
        assertArrayEquals(SampleBlockCodec.encode(block), SampleBlockCodec.encode(again));
        assertEquals(1, encode(random(new Random(1), 10, true))[0]);
    }

    @Test
    void slotsInOrderTakeHalfTheBytes() {
        int ordered = encode(random(new Random(1), 1000, true)).length;
        int any = encode(random(new Random(1), 1000, false)).length;
        assertEquals(0, encode(random(new Random(1), 1000, true))[1]);
        assertEquals(1, encode(random(new Random(1), 1000, false))[1]);
        org.junit.jupiter.api.Assertions.assertTrue(ordered < any * 0.6, ordered + " of " + any);
    }

    @Test
    void anythingElseIsRefused() {
        byte[] bytes = encode(random(new Random(2), 20, true));
        byte[] other = bytes.clone();
        other[0] = 9;
        assertThrows(IllegalArgumentException.class, () -> decode(other));
        for (int length = 0; length < bytes.length; length += 7) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThrows(BufferUnderflowException.class, () -> decode(cut));
        }
    }
}
