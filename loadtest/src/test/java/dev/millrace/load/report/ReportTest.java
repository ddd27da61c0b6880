package dev.millrace.load.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.load.report.Latencies.Percentiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static Report report(long sum) {
        Quality quality = new Quality(4, 1, 0.75, Double.NaN, 0.5, 0.9, 1.1);
        Percentiles none = new Percentiles(Double.NaN, Double.NaN);
        return new Report(
                "m",
                3,
                2,
                0,
                0,
                0,
                quality,
                0.6,
                new Percentiles(1.5, 9),
                none,
                4,
                sum,
                4,
                Long.MIN_VALUE + 5,
                0,
                2.25);
    }

    @Test
    void hasItsKeysWithSumsAsTextAndNullForTheUndefined() throws IOException {
        JsonNode json = new ObjectMapper().readTree(report(-3).json());
        List<String> keys = new ArrayList<>();
        json.fieldNames().forEachRemaining(keys::add);
        assertEquals(
                List.of(
                        "model",
                        "requests",
                        "events",
                        "lost",
                        "duplicated",
                        "auc",
                        "impressionAuc",
                        "logLoss",
                        "normalizedEntropy",
                        "calibration",
                        "newcomerAuc",
                        "rankMs",
                        "freshnessMs",
                        "samplesLearned",
                        "sampleIdSum",
                        "expectedSamples",
                        "expectedSampleIdSum",
                        "untraced",
                        "retries",
                        "seconds"),
                keys);
        assertEquals("-3", json.get("sampleIdSum").textValue());
        assertEquals("-9223372036854775803", json.get("expectedSampleIdSum").textValue());
        assertTrue(json.get("impressionAuc").isNull());
        assertTrue(json.get("freshnessMs").get("p50").isNull());
        assertEquals(9, json.get("rankMs").get("p99").doubleValue());
    }

    @Test
    void isExactOnlyWithTheVeryIdsThatWereSent() {
        assertTrue(report(Long.MIN_VALUE + 5).exact());
        assertFalse(report(-3).exact());
        assertTrue(report(-3).text().contains("DIFFERS"));
    }
}
