package dev.millrace.load.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.load.data.RecordedProfile.Side;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadersTest {
    @TempDir
    Path folder;

    @Test
    void movieLensRatingsAreRequestsInTimeOrderWithTiesAsInTheFile() throws IOException {
        zip("u.data.gz", "7\t1\t3\t200\n8\t2\t4\t100\n7\t2\t5\t100\n");
        write("u.user", "7|24|M|technician|85711\n8|53|F|other|94043\n");
        write("u.item", "1|Café (1995)|01-Jan-1995||http|0|1|1\n2|unknown||||1|0|0\n");
        write("u.genre", "unknown|0\nAction|1\nAdventure|2\n\n");
        Recording recording = Dataset.MOVIELENS.read(folder);

        assertEquals(
                List.of("r2 8 2 like", "r3 7 2 like", "r1 7 1 dislike"),
                recording.requests().stream()
                        .map(one -> one.rank().requestId() + " " + one.rank().user() + " "
                                + one.actions().getFirst().item() + " "
                                + one.actions().getFirst().type())
                        .toList());
        assertEquals(
                new RecordedProfile(
                        Side.USER, "7", Map.of("age", 24L, "gender", "M", "occupation", "technician", "zip", "85711")),
                recording.profiles().getFirst());
        assertEquals(
                Map.of("title", "Café (1995)", "genres", List.of("Action", "Adventure"), "year", 1995),
                recording.profiles().get(2).features());
        assertEquals(
                Map.of("title", "unknown", "genres", List.of("unknown")),
                recording.profiles().get(3).features());
        assertEquals(
                List.of("8", "7"),
                recording.sessions().stream().map(RecordedSession::id).toList());
        assertEquals(2, recording.first(2).requests().size());
    }

    @Test
    void mindImpressionsAreRequestsWithAClickEach() throws IOException {
        zip(
                "behaviors.tsv.gz",
                "2\tU1\t11/12/2019 2:14:46 PM\tN1 N2\tN5-0 N6-1 N7-1\n1\tU2\t11/9/2019 9:05:00 AM\t\tN5-1\n");
        Recording recording = Dataset.MIND.read(folder);
        RecordedRequest later = recording.requests().get(1);

        assertEquals(1573568086000L, later.timeMs());
        assertEquals("i2", later.rank().requestId());
        assertEquals(3, later.rank().candidates().size());
        assertEquals(List.of(RecordedAction.of("N6", "click"), RecordedAction.of("N7", "click")), later.actions());
        assertEquals(
                List.of(Map.of("history", List.of()), Map.of("history", List.of("N1", "N2"))),
                recording.profiles().stream().map(RecordedProfile::features).toList());
    }

    @Test
    void mindByTimeHasTheSameRequestsWithoutHistories() throws IOException {
        zip(
                "impressions_by_time.csv.gz",
                "ts,impression_id,user_id,history_len,list_size,slot,news_id,click\n"
                        + "100,9,U1,2,2,0,N5,0\n100,9,U1,2,2,1,N6,1\n100,4,U2,0,1,0,N5,1\n");
        Recording recording = Dataset.MIND.read(folder);
        assertEquals(
                List.of("i4", "i9"),
                recording.requests().stream().map(one -> one.rank().requestId()).toList());
        assertEquals(
                List.of(RecordedAction.of("N6", "click")),
                recording.requests().get(1).actions());
        assertEquals(List.of(), recording.profiles());
    }

    @Test
    void errorsNameFileAndLine() throws IOException {
        write("behaviors.tsv", "1\tU2\t11/9/2019 9:05:00 AM\t\tN5-1\n2\tU1\tyesterday\t\tN5-0\n");
        assertEquals(
                "behaviors.tsv:2: time is 'yesterday', one like 11/12/2019 2:14:46 PM expected",
                assertThrows(RecordingException.class, () -> Dataset.MIND.read(folder))
                        .getMessage());
        assertThrows(RecordingException.class, () -> Dataset.MOVIELENS.read(folder));
    }

    @Test
    void thePublishedDataHasItsPublishedCounts() {
        Path data = SharedData.folder();
        assumeTrue(Files.isDirectory(data), "no data sets: set -Dmillrace.data or MILLRACE_DATA to their folder");
        Recording movies = Dataset.MOVIELENS.read(data.resolve("movielens-100k"));
        assertEquals(100_000, movies.requests().size());
        assertEquals(943 + 1682, movies.profiles().size());
        assertEquals(
                34_174 + 21_201,
                movies.requests().stream()
                        .filter(one -> one.actions().getFirst().type().equals("like"))
                        .count());
        Recording news = Dataset.MIND.read(data.resolve("mind-small-sample"));
        assertEquals(5_000, news.requests().size());
        assertEquals(4_637, news.sessions().size());
        assertEquals(
                189_359,
                news.requests().stream()
                        .mapToInt(one -> one.rank().candidates().size())
                        .sum());
        assertEquals(
                7_542,
                news.requests().stream().mapToInt(one -> one.actions().size()).sum());
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text, StandardCharsets.ISO_8859_1);
    }

    private void zip(String name, String text) throws IOException {
        try (var out = new GZIPOutputStream(Files.newOutputStream(folder.resolve(name)))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }
}
