package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.deploy.cli.MillraceCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Learning from files, and going on from there. */
@Tag("e2e")
class TrainTest {
    @TempDir
    Path dir;

    private Path spec() throws IOException {
        return Files.writeString(dir.resolve("spec.yml"), Service.SPEC.yaml());
    }

    private Path csv(int rows) throws IOException {
        Random random = new Random(5);
        StringBuilder text = new StringBuilder("label,user.id,item.id,age,tags,price\n");
        for (int i = 0; i < rows; i++) {
            boolean good = random.nextBoolean();
            text.append(random.nextInt(10) < (good ? 9 : 1) ? "like" : "dislike")
                    .append(",u");
            text.append(random.nextInt(20))
                    .append(good ? ",good" : ",bad")
                    .append(',')
                    .append(random.nextInt(70));
            text.append(",a|b,").append(random.nextInt(100)).append('\n');
        }
        return Files.writeString(dir.resolve("history.csv"), text);
    }

    /** From text over blocks to a version that ranks. */
    @Test
    void serveRanksByWhatWasLearnedFromFiles() throws Exception {
        Path blocks = dir.resolve("blocks");
        Path data = dir.resolve("data");
        assertEquals(0, run("convert", "--spec", spec(), "--data", csv(3_000), "--out", blocks));
        assertEquals(0, run("train", "--spec", spec(), "--data", blocks, "--out", data));
        try (Service service = Service.start(data)) {
            assertEquals(
                    List.of("good", "new", "bad"),
                    service.rank("r1", "u1", "bad", "new", "good").items().stream()
                            .map(item -> item.item())
                            .toList());
        }
    }

    private static int run(Object... arguments) {
        return MillraceCommand.execute(
                java.util.Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    }
}
