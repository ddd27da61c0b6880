package dev.millrace.api.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.HandClock;
import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.proto.ChainOrder;
import dev.millrace.ingest.proto.ChainTerms;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChainReaderTest {
    @TempDir
    private Path dir;

    private ChainOrder read(String heads) throws IOException {
        Files.writeString(dir.resolve("a.csv"), "x");
        String body = "{\"files\":{\"data\":[\"a.csv\"],\"heads\":" + heads + "}}";
        ChainReader reader =
                new ChainReader(ChainTerms.getDefaultInstance(), 0.1, new Places(dir, List.of()), new HandClock(1_000));
        return reader.order(JsonIn.of(body.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void columnsOfHeadsAreNamed() throws IOException {
        assertEquals(
                Map.of("like", "hearts", "watch", "seconds"),
                read("{\"like\":\"hearts\",\"watch\":\"seconds\"}").getFiles().getHeadsMap());
    }

    /** They become arguments of commands. */
    @Test
    void whatCouldBeAnOptionIsRefused() {
        for (String heads : List.of("{\"--out\":\"x\"}", "{\"like\":\"-x\"}", "{\"a=b\":\"x\"}", "[\"like\"]")) {
            var refused = assertThrows(ProblemException.class, () -> read(heads), heads);
            assertTrue(refused.problem().toString().contains("files.heads"), refused.problem()::toString);
        }
    }
}
