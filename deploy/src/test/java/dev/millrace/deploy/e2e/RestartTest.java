package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.embedded.DataFolder;
import dev.millrace.deploy.embedded.EmbeddedMillrace;
import dev.millrace.deploy.embedded.LoadedSpec;
import dev.millrace.ingest.spec.SpecReader;
import dev.millrace.load.client.ModelInfo;
import dev.millrace.load.client.RankAnswer;
import dev.millrace.load.client.TraceStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stopped and started again on its folder: same weights, no event lost. */
@Tag("e2e")
class RestartTest {
    @TempDir
    Path data;

    @Test
    void itContinuesWhereItStopped() throws IOException, InterruptedException, TimeoutException {
        RankAnswer scored;
        ModelInfo before;
        try (Service service = Service.start(data)) {
            service.client.putUser("anna", java.util.Map.of("age", 30));
            for (int i = 0; i < 20; i++) {
                service.rank("r" + i, "anna", "hat", "shoe");
                service.act("e" + i, i % 3 == 0 ? "dislike" : "like", "r" + i, "shoe");
                service.act("f" + i, "dislike", "r" + i, "hat");
                assertEquals(TraceStatus.SERVED, service.settled("f" + i).status());
                assertEquals(TraceStatus.SERVED, service.settled("e" + i).status());
            }
            before = service.client.model(Service.MODEL);
            assertEquals(40, before.samplesLearned());
            scored = service.rank("last", "anna", "hat", "shoe");
            service.act("pending-1", "like", "last", "shoe");
            service.act("pending-2", "dislike", "last", "hat");
        }
        try (Service service = Service.start(data)) {
            assertEquals(TraceStatus.SERVED, service.settled("pending-1").status());
            assertEquals(TraceStatus.SERVED, service.settled("pending-2").status());
            ModelInfo after = service.client.model(Service.MODEL);
            assertEquals(42, after.samplesLearned());
            assertEquals(before.specFingerprint(), after.specFingerprint());
            assertTrue(after.version() > before.version());
            RankAnswer again = service.rank("again", "anna", "hat", "shoe");
            assertTrue(score(again, "shoe") > score(scored, "shoe"), "it kept the weights and learned the last like");
            assertTrue(service.get("/v1/users/anna").body().contains("\"age\":30"));
            // What to recommend is read from the log again.
            Awaitility.await()
                    .atMost(Service.PATIENCE)
                    .until(() -> service.send(
                                    "POST",
                                    "/v1/models/shop/recommend",
                                    "application/json",
                                    "{\"user\":\"somebody else\",\"limit\":1}")
                            .body()
                            .contains("\"item\":\"shoe\""));
        }
    }

    private static double score(RankAnswer answer, String item) {
        return answer.items().stream()
                .filter(i -> i.item().equals(item))
                .findFirst()
                .orElseThrow()
                .score();
    }

    @Test
    void aFolderInUseIsRefused() throws IOException {
        try (DataFolder folder = DataFolder.open(data)) {
            folder.claim(Service.SPEC.spec());
            IOException e = assertThrows(IOException.class, () -> DataFolder.open(data));
            assertTrue(String.valueOf(e.getMessage()).contains("--data"), e.getMessage());
        }
    }

    @Test
    void aModelWithOtherSlotsIsRefusedBeforeAnythingStarts() throws IOException {
        try (DataFolder folder = DataFolder.open(data)) {
            folder.claim(Service.SPEC.spec());
        }
        String yaml = Service.SPEC.yaml().replace("[age, item]", "[item, age]");
        LoadedSpec changed = new LoadedSpec(SpecReader.parse("changed", yaml), yaml);
        IOException e =
                assertThrows(IOException.class, () -> EmbeddedMillrace.start(data, changed, 0, Clock.systemUTC()));
        assertTrue(String.valueOf(e.getMessage()).contains("rename"), e.getMessage());
    }
}
