package dev.millrace.deploy.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.ingest.spec.SpecException;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Specs in {@code deploy/models} are valid, and the published schema knows what the reader knows. */
class ShippedSpecsTest {
    private static final Path MODELS = Path.of("models");

    @Test
    void everyShippedSpecIsValidAndNamedAsItsFile() throws IOException {
        try (Stream<Path> files = Files.list(MODELS)) {
            var specs = files.filter(f -> f.toString().endsWith(".yml")).toList();
            assertTrue(specs.size() >= 3, specs.toString());
            for (Path spec : specs) {
                assertEquals(
                        spec.getFileName().toString(), SpecReader.read(spec).model() + ".yml");
            }
        }
    }

    @Test
    void theSchemaHasTheReadersKeys() throws IOException {
        JsonNode schema = new ObjectMapper()
                .readTree(MODELS.resolve("model-spec.schema.json").toFile());
        JsonNode top = schema.get("properties");
        assertEquals(known("x: 1"), keys(top));
        assertEquals(known("optimizer: {x: 1}"), keys(top.get("optimizer").get("properties")));
        assertEquals(known("network: {x: 1}"), keys(top.get("network").get("properties")));
        assertEquals(known("network: {type: fm, dense: {x: 1}}"), keys(schema.at("/$defs/update/properties")));
        assertEquals(known("explore: {x: 1}"), keys(top.get("explore").get("properties")));
        assertEquals(known("explore: {shuffle: {x: 1}}"), keys(top.at("/explore/properties/shuffle/properties")));
        assertEquals(known("explore: {thompson: {x: 1}}"), keys(top.at("/explore/properties/thompson/properties")));
        assertEquals(known("arm: {x: 1}"), keys(top.at("/arm/properties")));
        assertEquals(known("arm: {promote: {x: 1}}"), keys(top.at("/arm/properties/promote/properties")));
        assertEquals(known("segment: {x: 1}"), keys(top.at("/segment/properties")));
        assertEquals(known("policies: {x: 1}"), keys(top.get("policies").get("properties")));
        assertEquals(known("slots: {s: {x: 1}}"), keys(schema.at("/$defs/slot/properties")));
        assertEquals(known("realtime: {r: {x: 1}}"), keys(schema.at("/$defs/realtime/properties")));
        assertEquals(known("crosses: [{x: 1}]"), keys(top.get("crosses").at("/items/oneOf/1/properties")));
    }

    /** The names that the reader offers for an unknown one. */
    private static Set<String> known(String yaml) {
        SpecException e = Assertions.assertThrows(SpecException.class, () -> SpecReader.parse("x", yaml));
        String message = e.problems().stream()
                .map(SpecException.Problem::message)
                .filter(m -> m.startsWith("unknown key"))
                .findFirst()
                .orElseThrow();
        return new TreeSet<>(Set.of(message.replaceFirst(".*known: ", "").split(", ")));
    }

    private static Set<String> keys(JsonNode object) {
        Set<String> keys = new TreeSet<>();
        object.fieldNames().forEachRemaining(keys::add);
        return keys;
    }
}
