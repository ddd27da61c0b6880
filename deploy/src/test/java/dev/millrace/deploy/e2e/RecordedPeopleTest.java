package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The beginning of each data set through {@code millrace replay}; the whole of them is {@code millrace bench loop}. */
@Tag("e2e")
class RecordedPeopleTest {
    @TempDir
    Path dir;

    @Test
    void movielens() throws IOException, InterruptedException {
        JsonNode report = replay("movielens", "movielens-100k", 6_000);
        assertEquals(6_000, report.get("samplesLearned").asLong());
        // Chance is 0.5; the whole set reaches 0.75 and more.
        assertTrue(report.get("auc").asDouble() >= 0.66, report.toString());
    }

    @Test
    void mind() throws IOException, InterruptedException {
        JsonNode report = replay("mind", "mind-small-sample", 300);
        assertEquals(
                report.get("expectedSamples").asLong(),
                report.get("samplesLearned").asLong());
        assertTrue(report.get("impressionAuc").asDouble() > 0.5, report.toString());
    }

    private JsonNode replay(String kind, String folder, int limit) throws IOException, InterruptedException {
        Optional<Path> data = Tools.data(folder);
        assumeTrue(data.isPresent(), "no " + folder + " in -Dmillrace.data, MILLRACE_DATA or beside the checkout");
        Path report = dir.resolve("report.json");
        Path predictions = dir.resolve("predictions.csv");
        Tools.Result result = Tools.millrace(
                "replay",
                kind,
                "--path",
                data.orElseThrow().toString(),
                "--limit",
                Integer.toString(limit),
                "--report",
                report.toString(),
                "--predictions",
                predictions.toString());
        assertEquals(0, result.code(), result.output());
        JsonNode read = new ObjectMapper().readTree(report.toFile());
        assertEquals(limit, read.get("requests").asLong());
        assertEquals(0, read.get("lost").asLong());
        assertEquals(0, read.get("duplicated").asLong());
        assertEquals(
                read.get("expectedSampleIdSum").asText(),
                read.get("sampleIdSum").asText());
        List<String> rows = Files.readAllLines(predictions);
        assertEquals("requestId,user,item,score,label,sentMs,receivedMs,actionMs,servedMs", rows.getFirst());
        assertEquals(read.get("expectedSamples").asLong(), rows.size() - 1);
        return read;
    }
}
