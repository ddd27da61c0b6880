package dev.millrace.deploy.chain;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a command has found, for whoever started it: numbers by name, and a sentence.
 *
 * @param numbers finite ones only
 */
public record StepReport(Map<String, Double> numbers, String says) {
    /** Number of samples that were learned. */
    public static final String TRAINED = "trainedSamples";

    private static final ObjectMapper JSON = new ObjectMapper();

    public StepReport {
        Map<String, Double> finite = new TreeMap<>(numbers);
        finite.values().removeIf(number -> !Double.isFinite(number));
        numbers = finite;
    }

    /** Whole, or not at all. */
    public void write(Path file) throws IOException {
        ObjectNode root = JSON.createObjectNode().put("says", says);
        ObjectNode all = root.putObject("numbers");
        numbers.forEach(all::put);
        Path unfinished = file.resolveSibling(file.getFileName() + ".unfinished");
        Files.write(unfinished, JSON.writeValueAsBytes(root));
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    static StepReport read(Path file) throws IOException {
        JsonNode root = JSON.readTree(file.toFile());
        Map<String, Double> numbers = new TreeMap<>();
        root.path("numbers")
                .properties()
                .forEach(
                        number -> numbers.put(number.getKey(), number.getValue().asDouble()));
        return new StepReport(numbers, root.path("says").asText());
    }
}
