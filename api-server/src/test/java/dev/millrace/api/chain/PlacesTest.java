package dev.millrace.api.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlacesTest {
    @TempDir
    private Path dir;

    private Places places = new Places(Path.of(""), List.of());

    @BeforeEach
    void files() throws IOException {
        Files.createDirectories(dir.resolve("import/days"));
        Files.createDirectories(dir.resolve("exports"));
        Files.createDirectories(dir.resolve("exports-private"));
        for (String file : List.of("import/days/a.csv", "exports/b.csv", "exports-private/c.csv", "secret")) {
            Files.writeString(dir.resolve(file), "x");
        }
        Files.createSymbolicLink(dir.resolve("import/link"), dir.resolve("secret"));
        places = new Places(
                dir.resolve("import"),
                List.of(dir.resolve("exports").toString(), "s3://bucket/days?region=eu", "s3://other"));
    }

    private void read(String place) {
        assertEquals(
                Optional.of(
                        place.startsWith("s3:")
                                ? place
                                : dir.resolve("import").resolve(place).toString()),
                places.find(place));
    }

    private void refused(String place) {
        assertEquals(Optional.empty(), places.find(place), place);
    }

    @Test
    void readsWhatTheOperatorNamed() {
        read("days/a.csv");
        read("days");
        read(dir.resolve("exports/b.csv").toString());
        read("s3://bucket/days?region=eu");
        read("s3://bucket/days/monday?region=eu");
        read("s3://other/anything");
    }

    @Test
    void readsNothingElse() {
        refused("../secret");
        refused("days/../../secret");
        refused("link");
        refused("none.csv");
        refused("a\0b");
        refused(dir.resolve("exports-private/c.csv").toString());
        refused("/etc/passwd");
        refused("s3://bucket/dayslong?region=eu");
        refused("s3://bucket/days");
        refused("s3://bucket/days?region=eu&endpoint=http://here");
        refused("s3://other/x?endpoint=http://here");
        refused("s3://other/../bucket");
    }
}
