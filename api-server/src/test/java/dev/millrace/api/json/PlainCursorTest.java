package dev.millrace.api.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What the plain cursor accepts, the other one reads alike; what the other one refuses, it does not accept. */
class PlainCursorTest {
    private static final long SEED = 11;
    private static final String[] PIECES = {
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"item\"",
        "\"a b\"",
        "\"é\"",
        "\"\\n\"",
        "\"",
        "1",
        "-1",
        "0",
        "00",
        "1.5",
        "-0.25",
        "1e3",
        "12345678901234567890",
        "0.1234567890123456",
        "3.",
        ".5",
        "true",
        "false",
        "null",
        "tru",
        " ",
        "\n",
        "\t",
        "\u0001",
        "{\"candidates\":[{\"item\":\"i1\"},{\"item\":\"i2\",\"features\":{\"price\":3.25}}]}"
    };

    private static List<String> tokens(JsonCursor cursor) throws IOException {
        List<String> tokens = new ArrayList<>();
        for (JsonToken token = cursor.next(); token != null; token = cursor.next()) {
            assertEquals(token, cursor.token());
            String value = switch (token) {
                case FIELD_NAME -> cursor.name();
                case VALUE_STRING -> cursor.text();
                case VALUE_NUMBER_FLOAT -> cursor.text() + " " + cursor.number();
                case VALUE_NUMBER_INT ->
                    cursor.text() + " " + cursor.fitsLong() + " " + cursor.wholeNumber() + " " + cursor.number();
                default -> "";
            };
            tokens.add(token + " " + value);
        }
        return tokens;
    }

    private static List<String> plain(byte[] json) throws IOException {
        return tokens(new PlainCursor(json, 0, json.length));
    }

    /** Whether the plain cursor took it. */
    private static boolean agree(String text) {
        byte[] json = text.getBytes(StandardCharsets.UTF_8);
        try {
            List<String> read = plain(json);
            try (var parser = new JsonFactory().createParser(json)) {
                assertEquals(tokens(new JacksonCursor(parser)), read, text);
            }
            return !read.isEmpty();
        } catch (PlainCursor.NotPlain e) {
            return false;
        } catch (IOException e) {
            throw new AssertionError("the plain cursor takes what is no JSON: " + text, e);
        }
    }

    @Test
    void whatItTakesIsReadAlike() {
        Random random = new Random(SEED);
        int taken = 0;
        for (int round = 0; round < 200_000; round++) {
            StringBuilder text = new StringBuilder();
            int pieces = 1 + random.nextInt(8);
            for (int i = 0; i < pieces; i++) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            }
            taken += agree(text.toString()) ? 1 : 0;
        }
        assertTrue(taken > 1000, "took " + taken + ", seed " + SEED);
    }

    @Test
    void aByteChangedInARequestIsReadAlike() {
        String request = "{\"requestId\":\"r-1\",\"context\":{\"device\":\"tv\"},\"candidates\":[{\"item\":\"i1\"},"
                + "{\"item\":\"i2\",\"features\":{\"price\":-12.5,\"tags\":[\"a\",\"b\"],\"new\":true}}],\"limit\":20}";
        assertTrue(agree(request));
        Random random = new Random(SEED);
        for (int round = 0; round < 200_000; round++) {
            byte[] changed = request.getBytes(StandardCharsets.ISO_8859_1);
            changed[random.nextInt(changed.length)] = (byte) (32 + random.nextInt(95));
            agree(new String(changed, 0, 1 + random.nextInt(changed.length), StandardCharsets.ISO_8859_1));
        }
    }

    @Test
    void everyNumberIsTheNearestDouble() throws IOException {
        Random random = new Random(SEED);
        for (int round = 0; round < 100_000; round++) {
            String number = Long.toString(random.nextLong() >> random.nextInt(60));
            int point = random.nextInt(number.length());
            String text = number.substring(0, point) + "." + number.substring(point);
            byte[] json = text.getBytes(StandardCharsets.US_ASCII);
            PlainCursor cursor = new PlainCursor(json, 0, json.length);
            try {
                cursor.next();
                assertEquals(Double.parseDouble(text), cursor.number(), text);
            } catch (PlainCursor.NotPlain e) {
                assertTrue(json.length > 18 || text.matches("-?0[0-9].*|-?\\..*|.*\\."), text);
            }
        }
    }

    @Test
    void depthIsBounded() {
        assertThrows(PlainCursor.NotPlain.class, () -> plain("[".repeat(100).getBytes(StandardCharsets.US_ASCII)));
    }
}
