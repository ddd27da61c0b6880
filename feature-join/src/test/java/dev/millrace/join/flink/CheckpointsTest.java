package dev.millrace.join.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
    @TempDir
    private Path dir;

    private void complete(String job, int number, long atMs) throws IOException {
        Path metadata = unfinished(job, number).resolve("_metadata");
        Files.write(metadata, new byte[] {1});
        Files.setLastModifiedTime(metadata, FileTime.fromMillis(atMs));
    }

    private Path unfinished(String job, int number) throws IOException {
        return Files.createDirectories(dir.resolve(job).resolve("chk-" + number));
    }

    private List<String> newestFirst() throws IOException {
        return Checkpoints.newestFirst(dir.toUri()).stream()
                .map(path -> dir.toUri().relativize(java.net.URI.create(path)).toString())
                .map(path -> path.substring(Math.max(0, path.length() - 8)))
                .toList();
    }

    @Test
    void findsNothingWhereNothingIs() throws IOException {
        assertEquals(List.of(), newestFirst());
        assertEquals(List.of(), Checkpoints.newestFirst(dir.resolve("none").toUri()));
    }

    @Test
    void theNewestOfAllRunsComesFirstWhateverItsNumber() throws IOException {
        complete("old", 90, 1_000_000);
        complete("old", 91, 2_000_000);
        complete("new", 8, 3_000_000);
        complete("new", 10, 4_000_000);
        complete("new", 9, 4_000_000);
        Files.createDirectories(dir.resolve("new/shared"));
        unfinished("new", 11);
        assertEquals(List.of("w/chk-10", "ew/chk-9", "ew/chk-8", "d/chk-91", "d/chk-90"), newestFirst());
    }

    @Test
    void savepointsCountAndAreNobodysToPrune() throws IOException {
        complete("job", 1, 1_000_000);
        Path savepoint = Files.createDirectories(dir.resolve("savepoints/savepoint-abc-12"));
        Files.write(savepoint.resolve("_metadata"), new byte[] {1});
        Files.setLastModifiedTime(savepoint.resolve("_metadata"), FileTime.fromMillis(500_000));
        for (int n = 2; n < 6; n++) {
            complete("job", n, n * 1_000_000L);
        }
        Checkpoints.prune(dir.toUri());
        assertEquals(List.of("ob/chk-5", "ob/chk-4", "ob/chk-3", "t-abc-12"), newestFirst());
    }

    @Test
    void pruningKeepsTheNewestAndRemovesWhatKilledRunsLeft() throws IOException {
        complete("oldest", 1, 1_000_000);
        complete("old", 2, 2_000_000);
        complete("old", 3, 3_000_000);
        complete("new", 4, 4_000_000);
        complete("new", 5, 5_000_000);
        unfinished("new", 6);
        Files.createDirectories(dir.resolve("new/shared"));
        Checkpoints.prune(dir.toUri());
        assertEquals(List.of("ew/chk-5", "ew/chk-4", "ld/chk-3"), newestFirst());
        assertFalse(Files.exists(dir.resolve("oldest")));
        assertFalse(Files.exists(dir.resolve("old/chk-2")));
        assertFalse(Files.exists(dir.resolve("new/chk-6")));
        assertTrue(Files.exists(dir.resolve("new/shared")));
    }
}
