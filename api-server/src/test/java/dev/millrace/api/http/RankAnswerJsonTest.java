package dev.millrace.api.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.millrace.api.rank.RankAnswer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RankAnswerJsonTest {
    private static final long SEED = 5;

    @Test
    void itReadsAsTheReadmeSays() {
        RankAnswer answer = new RankAnswer(
                "r-1",
                "movielens",
                123,
                List.of(new RankAnswer.Ranked("i1", .53f, 1f), new RankAnswer.Ranked("é\"\\", .44f, .5f)));
        assertEquals(
                "{\"requestId\":\"r-1\",\"model\":\"movielens\",\"modelVersion\":123,\"items\":["
                        + "{\"item\":\"i1\",\"score\":0.53,\"propensity\":1.0},"
                        + "{\"item\":\"é\\\"\\\\\",\"score\":0.44,\"propensity\":0.5}]}",
                new String(RankAnswerJson.of(answer), StandardCharsets.UTF_8));
    }

    @Test
    void headsFollowTheirItemByName() {
        Map<String, Float> heads = new LinkedHashMap<>();
        heads.put("click", .25f);
        heads.put("watch", 3f);
        var answer = new RankAnswer("r", "m", 1, List.of(new RankAnswer.Ranked("i", .5f, 1f, heads)));
        assertEquals(
                "{\"requestId\":\"r\",\"model\":\"m\",\"modelVersion\":1,\"items\":[{\"item\":\"i\",\"score\":0.5,"
                        + "\"propensity\":1.0,\"heads\":{\"click\":0.25,\"watch\":3.0}}]}",
                new String(RankAnswerJson.of(answer), StandardCharsets.UTF_8));
    }

    @Test
    void aParserReadsBackWhatWasWritten() throws IOException {
        Random random = new Random(SEED);
        for (int round = 0; round < 2000; round++) {
            List<RankAnswer.Ranked> items = new ArrayList<>();
            for (int i = random.nextInt(5); i >= 0; i--) {
                items.add(new RankAnswer.Ranked(text(random), random.nextFloat(), random.nextFloat()));
            }
            RankAnswer answer = new RankAnswer(text(random), text(random), random.nextLong(), items);
            assertEquals(answer, parsed(RankAnswerJson.of(answer)), "seed " + SEED);
        }
    }

    private static String text(Random random) {
        return random.ints(1 + random.nextInt(12), 0, 0x2FFF)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static RankAnswer parsed(byte[] json) throws IOException {
        try (JsonParser in = new JsonFactory().createParser(json)) {
            List<String> values = new ArrayList<>();
            for (JsonToken token = in.nextToken(); token != null; token = in.nextToken()) {
                if (token.isScalarValue()) {
                    values.add(in.getText());
                }
            }
            List<RankAnswer.Ranked> items = new ArrayList<>();
            for (int i = 3; i < values.size(); i += 3) {
                items.add(new RankAnswer.Ranked(
                        values.get(i), Float.parseFloat(values.get(i + 1)), Float.parseFloat(values.get(i + 2))));
            }
            return new RankAnswer(values.get(0), values.get(1), Long.parseLong(values.get(2)), items);
        }
    }
}
