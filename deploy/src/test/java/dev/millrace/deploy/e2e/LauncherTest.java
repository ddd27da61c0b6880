package dev.millrace.deploy.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code deploy/millrace}, as a stranger types it. */
@Tag("e2e")
class LauncherTest {
    @TempDir
    Path dir;

    @Test
    void helpNamesEveryCommand() throws IOException, InterruptedException {
        Tools.Result help = Tools.millrace("--help");
        assertEquals(0, help.code(), help.output());
        for (String command : new String[] {
            "demo",
            "serve",
            "serving-ps",
            "broker",
            "training-ps",
            "learner",
            "replay",
            "validate",
            "evaluate",
            "keys",
            "bench",
            "chaos",
            "test"
        }) {
            assertTrue(help.output().contains("  " + command), command + " in " + help.output());
        }
    }

    @Test
    void validateTellsGoodFromBad() throws IOException, InterruptedException {
        Tools.Result good = Tools.millrace(
                "validate", Tools.root().resolve("deploy/models/movielens.yml").toString());
        assertEquals(0, good.code(), good.output());
        Path bad = Files.writeString(dir.resolve("bad.yml"), "model: m\nobjectiv: logistic\n");
        Tools.Result refused = Tools.millrace("validate", bad.toString());
        assertEquals(1, refused.code());
        assertTrue(refused.output().contains("did you mean 'objective'"), refused.output());
    }

    @Test
    void serveRefusesABadSpecWithoutAStackTrace() throws IOException, InterruptedException {
        Path bad = Files.writeString(dir.resolve("bad.yml"), "model: m\n");
        Tools.Result refused = Tools.millrace(
                "serve", "--spec", bad.toString(), "--data", dir.resolve("data").toString());
        assertEquals(1, refused.code());
        assertTrue(refused.output().contains("slots"), refused.output());
        assertTrue(!refused.output().contains("\tat "), refused.output());
    }

    @Test
    void aPortInUseIsSaidBeforeAnythingStarts() throws IOException, InterruptedException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());
            Path data = dir.resolve("data");
            Tools.Result refused = Tools.millrace(
                    "serve",
                    "--spec",
                    Tools.root().resolve("deploy/models/demo.yml").toString(),
                    "--data",
                    data.toString(),
                    "--port",
                    port);
            assertEquals(1, refused.code(), refused.output());
            assertTrue(refused.output().contains("port " + port + " is in use"), refused.output());
            assertTrue(!refused.output().contains("\tat "), refused.output());
            assertTrue(!Files.exists(data.resolve("kafka")), "nothing has started");
        }
    }

    @Test
    void whatAReplayLacksIsSaidBeforeAServiceStarts() throws IOException, InterruptedException {
        Tools.Result noPath = Tools.millrace("replay", "movielens", "--path", "nowhere");
        assertEquals(1, noPath.code());
        assertTrue(noPath.output().contains("--path nowhere: no such file"), noPath.output());
        String here = dir.toString();
        Tools.Result noReport =
                Tools.millrace("replay", "movielens", "--path", here, "--report", here + "/none/report.json");
        assertEquals(1, noReport.code());
        assertTrue(noReport.output().contains("none/report.json"), noReport.output());
        Tools.Result noService = Tools.millrace("replay", "movielens", "--path", here, "--url", "http://127.0.0.1:1");
        assertEquals(1, noService.code());
        assertTrue(noService.output().contains("is the service running"), noService.output());
        Tools.Result usage = Tools.millrace("replay", "jsonl", "--path", here);
        assertEquals(2, usage.code());
        assertTrue(usage.output().contains("--spec"), usage.output());
    }

    @Test
    void aShortDemoLearns() throws IOException, InterruptedException {
        Tools.Result demo = Tools.millrace("demo", "--for", "8s", "--port", "0");
        assertEquals(0, demo.code(), demo.output());
        assertTrue(demo.output().contains("samples learned"), demo.output());
        assertTrue(!demo.output().contains(" 0 samples learned"), demo.output());
    }
}
