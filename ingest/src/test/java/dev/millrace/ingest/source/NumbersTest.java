package dev.millrace.ingest.source;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Numbers as text in bytes, against the JDK's. */
class NumbersTest {
    private static double parse(String text) {
        byte[] bytes = ("7" + text + "9.9.9.9.9").getBytes(StandardCharsets.UTF_8);
        return Numbers.parse(bytes, 1, bytes.length - 9);
    }

    @Test
    void numbersAreTheNearestDoubles() {
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 200_000; i++) {
            StringBuilder text = new StringBuilder(random.nextInt(8) == 0 ? "-" : "");
            int digits = 1 + random.nextInt(11);
            int point = random.nextInt(-2, digits + 1);
            for (int d = 0; d < digits; d++) {
                text.append(d == point ? "." : "").append(random.nextInt(10));
            }
            text.append(point == digits ? "." : "");
            assertEquals(Double.parseDouble(text.toString()), parse(text.toString()), text.toString());
        }
    }

    @Test
    void otherTextIsNone() {
        SplittableRandom random = new SplittableRandom(4);
        for (String text :
                new String[] {"", ".", "-", "1.2.3", "1..", "12a", "0x1", "1f", "½", "/5", ":5", "5/", "5:"}) {
            assertEquals(Double.NaN, parse(text), text);
        }
        for (String text : new String[] {"1e3", "+4", "-.5", " 5", "5 "}) {
            assertEquals(Double.parseDouble(text), parse(text), text);
        }
        for (int i = 0; i < 100_000; i++) {
            byte[] bytes = new byte[16];
            for (int b = 0; b < bytes.length; b++) {
                bytes[b] = (byte) (random.nextInt(3) == 0 ? random.nextInt(256) : '0' + random.nextInt(10));
            }
            int length = 1 + random.nextInt(8);
            byte[] alone = java.util.Arrays.copyOf(bytes, length);
            // Alone it is too short for eight at once.
            assertEquals(
                    Numbers.parse(alone, 0, length),
                    Numbers.parse(bytes, 0, length),
                    () -> new String(alone, StandardCharsets.ISO_8859_1));
        }
    }
}
