package dev.millrace.load.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.load.report.Latencies.Percentiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * What a replay found. Quality is of the scores that the client was answered, against the labels that it then gave.
 *
 * @param requests rank requests answered
 * @param events acknowledged by the server
 * @param lost events whose trace did not end in {@code served} though it should have, or missing samples, if more
 * @param duplicated samples beyond the expected ones
 * @param untraced acknowledged events that the server, asked again and again, did not know: it lost them, or evicted
 *     their traces
 * @param quality of the served scores
 * @param newcomerAuc AUC over each person's fourth to tenth request: what is known of somebody after three
 * @param rankMs from sending to the answer, with retries
 * @param freshnessMs from just before posting an event to knowing that serving has it
 * @param samplesLearned of the server, from before to after the replay
 * @param sampleIdSum wrapping sum of the learned samples' ids, from before to after
 * @param expectedSamples and {@code expectedSampleIdSum} what these two must be
 * @param retries attempts beyond the first
 * @param seconds from the first request to the last settled one, without loading profiles
 */
public record Report(
        String model,
        long requests,
        long events,
        long lost,
        long duplicated,
        long untraced,
        Quality quality,
        double newcomerAuc,
        Percentiles rankMs,
        Percentiles freshnessMs,
        long samplesLearned,
        long sampleIdSum,
        long expectedSamples,
        long expectedSampleIdSum,
        long retries,
        double seconds) {
    private static final ObjectMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    /**
     * Nothing lost, nothing doubled, every event's end known, and the ids of the learned samples are the ids of what was
     * sent. An untraced event counts against it: where absence is a negative, a lost click still makes a sample.
     */
    public boolean exact() {
        return untraced == 0
                && lost == 0
                && duplicated == 0
                && samplesLearned == expectedSamples
                && sampleIdSum == expectedSampleIdSum;
    }

    /** Undefined numbers are null; the sums of ids are decimal text, as JSON's numbers end at 2⁵³. */
    public String json() {
        ObjectNode node = MAPPER.createObjectNode();
        node.put("model", model);
        node.put("requests", requests);
        node.put("events", events);
        node.put("lost", lost);
        node.put("duplicated", duplicated);
        put(node, "auc", quality.auc());
        put(node, "impressionAuc", quality.impressionAuc());
        put(node, "logLoss", quality.logLoss());
        put(node, "normalizedEntropy", quality.normalizedEntropy());
        put(node, "calibration", quality.calibration());
        put(node, "newcomerAuc", newcomerAuc);
        percentiles(node.putObject("rankMs"), rankMs);
        percentiles(node.putObject("freshnessMs"), freshnessMs);
        node.put("samplesLearned", samplesLearned);
        node.put("sampleIdSum", Long.toString(sampleIdSum));
        node.put("expectedSamples", expectedSamples);
        node.put("expectedSampleIdSum", Long.toString(expectedSampleIdSum));
        node.put("untraced", untraced);
        node.put("retries", retries);
        put(node, "seconds", seconds);
        return node.toPrettyString() + "\n";
    }

    public void write(Path file) throws IOException {
        Files.writeString(file, json());
    }

    /** For a person, a few lines. */
    public String text() {
        return String.format(
                Locale.ROOT,
                """
                %s: %,d requests, %,d events, %d lost, %d duplicated, in %.1f s
                  AUC %s (of each person's requests 4-10: %s), impression AUC %s, log loss %s, normalized entropy %s, calibration %s
                  rank p50 %s ms, p99 %s ms; freshness p50 %s ms, p99 %s ms; %d retries
                  samples learned %,d of %,d; sum of their ids %s
                """,
                model,
                requests,
                events,
                lost,
                duplicated,
                seconds,
                number(quality.auc(), 4),
                number(newcomerAuc, 4),
                number(quality.impressionAuc(), 4),
                number(quality.logLoss(), 4),
                number(quality.normalizedEntropy(), 4),
                number(quality.calibration(), 3),
                number(rankMs.p50(), 1),
                number(rankMs.p99(), 1),
                number(freshnessMs.p50(), 0),
                number(freshnessMs.p99(), 0),
                retries,
                samplesLearned,
                expectedSamples,
                sampleIdSum == expectedSampleIdSum ? "agrees" : "DIFFERS");
    }

    /** {@code none} where nothing defines it. */
    private static String number(double value, int decimals) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%." + decimals + "f", value) : "none";
    }

    private static void percentiles(ObjectNode node, Percentiles percentiles) {
        put(node, "p50", percentiles.p50());
        put(node, "p99", percentiles.p99());
    }

    private static void put(ObjectNode node, String key, double value) {
        if (Double.isFinite(value)) {
            node.put(key, Math.round(value * 1e6) / 1e6);
        } else {
            node.putNull(key);
        }
    }
}
