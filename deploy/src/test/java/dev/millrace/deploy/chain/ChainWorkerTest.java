package dev.millrace.deploy.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.deploy.embedded.EmbeddedBroker;
import dev.millrace.ingest.chain.ChainLog;
import dev.millrace.ingest.chain.ChainRun;
import dev.millrace.ingest.chain.ChainStatus;
import dev.millrace.ingest.chain.ChainStep;
import dev.millrace.ingest.proto.ChainCancel;
import dev.millrace.ingest.proto.ChainOrder;
import dev.millrace.ingest.proto.ChainTry;
import dev.millrace.ingest.topic.TopicAdmin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A worker that is killed in the middle of a step: the next one goes on with that step, and nothing before it. */
class ChainWorkerTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path dir;

    private static ChainOrder order(String run, String chain) {
        return ChainOrder.newBuilder()
                .setRun(run)
                .setChain(chain)
                .setModel(ChainWorkerProcess.MODEL)
                .build();
    }

    private Process worker(String bootstrapServers) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx128m",
                        "--add-modules=jdk.incubator.vector",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ChainWorkerProcess.class.getName(),
                        bootstrapServers,
                        dir.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        dir.resolve("worker.out").toFile()))
                .start();
    }

    @Test
    void goesOnWithTheStepThatWasInterrupted() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(dir.resolve("kafka"))) {
            TopicAdmin.create(broker.bootstrapServers(), List.of(), TopicAdmin.Layout.EMBEDDED);
            try (ChainLog log = ChainLog.open(broker.bootstrapServers())) {
                assertTrue(log.order(order("slow", "a")));
                Process first = worker(broker.bootstrapServers());
                long child = child(first);
                assertTrue(log.order(order("broken", "b")));
                assertTrue(log.order(order("bad", "c")));
                assertFalse(log.order(order("bad", "other")), "the first order of a name counts");
                failsForGood(log);
                refusedOnce(log);
                // Beside the slow one, which has a place of the two.
                assertEquals(ChainStatus.RUNNING, run(log, "slow").status());

                first.destroyForcibly().waitFor();
                Awaitility.await()
                        .atMost(PATIENCE)
                        .until(() -> ProcessHandle.of(child)
                                .filter(ProcessHandle::isAlive)
                                .isEmpty());
                assertEquals(ChainStep.TRAIN, run(log, "slow").step());
                Files.writeString(dir.resolve("quick"), "");
                Process second = worker(broker.bootstrapServers());
                ChainRun run = await(log, "slow", r -> r.status().ended());
                assertEquals(ChainStatus.PUBLISHED, run.status());
                assertEquals(
                        List.of(
                                "convert 1 done",
                                "train 1 interrupted",
                                "train 2 done",
                                "evaluate 1 done",
                                "gate 1 done",
                                "publish 1 done"),
                        tries(run));
                cancelledWhileItWaits(log);
                forgetsTheOldest(log);
                second.destroyForcibly().waitFor();
            }
        }
    }

    /** The process of the slow step. */
    private static long child(Process worker) {
        return Awaitility.await()
                .atMost(PATIENCE)
                .until(() -> worker.descendants().findFirst(), java.util.Optional::isPresent)
                .orElseThrow()
                .pid();
    }

    private static void failsForGood(ChainLog log) {
        ChainRun run = await(log, "broken", r -> r.status().ended());
        assertEquals(ChainStatus.FAILED, run.status());
        assertEquals(List.of("convert 1 failed", "convert 2 failed", "convert 3 failed"), tries(run));
        assertEquals("convert: no such column", run.state().getDetail());
        List<ChainTry> tries = run.state().getTriesList();
        for (int i = 1; i < tries.size(); i++) {
            long waitedMs = tries.get(i).getBeganMs() - tries.get(i - 1).getEndedMs();
            assertTrue(waitedMs >= ChainWorkerProcess.FIRST_WAIT.toMillis(), "waited " + waitedMs + " ms");
        }
        assertEquals(1, log.book().lastEnded(ChainWorkerProcess.MODEL, ChainStatus.FAILED));
    }

    private static void refusedOnce(ChainLog log) {
        ChainRun run = await(log, "bad", r -> r.status().ended());
        assertEquals(ChainStatus.REFUSED, run.status());
        assertEquals("gate 1 refused", tries(run).getLast());
        assertEquals("worse", run.state().getDetail());
        assertEquals("c", run.order().getChain());
    }

    private void cancelledWhileItWaits(ChainLog log) throws Exception {
        Files.delete(dir.resolve("quick"));
        assertTrue(log.order(order("slow-2", "a")));
        await(log, "slow-2", r -> r.step() == ChainStep.TRAIN && r.status() == ChainStatus.RUNNING);
        log.cancel("slow-2", ChainCancel.newBuilder().setWhy("no").build());
        assertEquals(
                ChainStatus.CANCELLED,
                await(log, "slow-2", r -> r.status().ended()).status());
    }

    /** Two stay. */
    private static void forgetsTheOldest(ChainLog log) {
        Awaitility.await().atMost(PATIENCE).until(() -> log.book().newestFirst().size() == 2);
        assertEquals(
                List.of("slow-2", "bad"),
                log.book().newestFirst().stream().map(ChainRun::id).toList());
    }

    private static ChainRun run(ChainLog log, String id) {
        return log.book().run(id).orElseThrow();
    }

    private static ChainRun await(ChainLog log, String id, Predicate<ChainRun> wanted) {
        return Awaitility.await().atMost(PATIENCE).until(() -> run(log, id), wanted);
    }

    private static List<String> tries(ChainRun run) {
        List<String> tries = new ArrayList<>();
        run.state().getTriesList().forEach(t -> tries.add(t.getStep() + " " + t.getAttempt() + " " + t.getOutcome()));
        return tries;
    }
}
