package dev.millrace.deploy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.ingest.spec.SpecException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeConfigTest {
    @Test
    void whatIsNotSetHasItsDefault(@TempDir Path folder) throws Exception {
        assertEquals(ServeConfig.DEFAULT, ServeConfig.in(folder));
        assertEquals(ServeConfig.DEFAULT, ServeConfig.parse("c.yml", ""));
        assertEquals(ServeConfig.DEFAULT, ServeConfig.parse("c.yml", "{gate: {}, versions: {}, chains: {gate: {}}}"));
    }

    @Test
    void setsThresholds() {
        ServeConfig config = ServeConfig.parse("c.yml", """
                gate:
                  falseAlarm: 1e-6
                  lossMargin: 0.5
                  holdBack: 500ms
                  warmUp: 2000
                versions: {every: 1m, keep: 10}
                snapshots: s3://weights/models?region=eu-west-1
                chains:
                  atOnce: 2
                  cores: 4
                  memory: 4GiB
                  tries: 3
                  sources: [/srv/exports]
                  holdOut: 0.2
                  gate: {minAuc: 0.7, maxLossAbove: 0}
                """);
        assertEquals(1e-6, config.gate().falseAlarm());
        assertEquals(0.5, config.gate().lossMargin());
        assertEquals(Duration.ofMillis(500), config.gate().holdBack());
        assertEquals(2_000, config.gate().warmUp());
        assertEquals(10, config.versions().keep());
        assertEquals("s3://weights/models?region=eu-west-1", config.snapshots());
        assertEquals(4L << 30, config.chains().memoryBytes());
        assertEquals(List.of("/srv/exports"), config.chains().sources());
        assertEquals(0.7, config.chains().terms().getMinAuc());
        assertEquals(0, config.chains().terms().getMaxLossAbove());
        assertEquals(1, config.chains().terms().getMaxNormalizedEntropy(), "its default");
        assertFalse(ServeConfig.parse("c.yml", "gate: {enabled: false}").gate().enabled());
    }

    @Test
    void saysAllThatIsWrongWithFieldAndFix() {
        var refused = assertThrows(SpecException.class, () -> ServeConfig.parse("c.yml", """
                gate: {lossMargn: 1, falseAlarm: 0.5, span: soon}
                versions: {keep: 1}
                snapshots: s3://weights?zone=eu
                chains: {memory: 10MiB, sources: [exports], gate: {minAuc: -1}}
                """));
        assertEquals(
                List.of(
                        "gate.lossMargn: unknown key; did you mean 'lossMargin'? known: enabled, falseAlarm, doubt,"
                                + " holdBack, lossMargin, lossSlack, rateMargin, rateSlack, candidateMargin, warmUp,"
                                + " span, quarantine, halfLife, maxWeight, clean",
                        "gate.falseAlarm: '0.5' is not valid; a number above 0, below 0.1",
                        "gate.span: 'soon' is not valid; like 500ms, 5s, 2m, 1h",
                        "versions.keep: '1' is not valid; a whole number, 2..100000",
                        "chains.memory: '10MiB' is not valid; like 2GiB or 512MiB, at least 128MiB for each of atOnce 1",
                        "chains.sources: 'exports' is not valid; an absolute folder, or s3://BUCKET/PREFIX",
                        "chains.gate.minAuc: '-1' is not valid; a number not below 0",
                        "snapshots: 's3://weights?zone=eu' is not valid: 'zone' is no option of an s3 place; region and"
                                + " endpoint are"),
                refused.problems().stream().map(Object::toString).toList());
    }
}
