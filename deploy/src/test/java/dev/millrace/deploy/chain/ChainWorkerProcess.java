package dev.millrace.deploy.chain;

import dev.millrace.ingest.chain.ChainLog;
import dev.millrace.ingest.chain.ChainRun;
import dev.millrace.ingest.chain.ChainStep;
import dev.millrace.learner.chain.ChainSteps;
import dev.millrace.learner.chain.ChainWorker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * A worker to be killed. Its steps note themselves in a file; the training of a run whose name begins with {@code slow} is a
 * process that sleeps until a file says that it need not.
 */
final class ChainWorkerProcess {
    static final String MODEL = "m";
    static final Duration FIRST_WAIT = Duration.ofMillis(200);

    private ChainWorkerProcess() {}

    /** @param args Kafka, folder; or one word: sleeps until its parent ends */
    public static void main(String[] args) throws InterruptedException {
        if (args.length == 1) {
            Orphan.endWithParent();
            new CountDownLatch(1).await();
        }
        ChainLog log = ChainLog.open(args[0]);
        var config = new ChainWorker.Config(2, 3, FIRST_WAIT, FIRST_WAIT, 2);
        var unused = ChainWorker.start(config, log, Map.of(MODEL, new Noted(Path.of(args[1]))), Clock.systemUTC());
        new CountDownLatch(1).await();
    }

    private record Noted(Path dir) implements ChainSteps {
        @Override
        public Outcome run(ChainStep step, ChainRun run) throws IOException, InterruptedException, RefusedException {
            synchronized (Noted.class) {
                Files.writeString(
                        dir.resolve("steps"),
                        run.id() + " " + step.text() + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
            if (step == ChainStep.TRAIN && run.id().startsWith("slow") && !Files.exists(dir.resolve("quick"))) {
                ChildProcess.run(
                        ChainWorkerProcess.class.getName(),
                        List.of("sleep"),
                        new ChainSettings.Share(1, 256L << 20),
                        dir.resolve("child.out"));
            }
            if (step == ChainStep.CONVERT && run.id().startsWith("broken")) {
                throw new IOException("no such column");
            }
            if (step == ChainStep.GATE && run.id().startsWith("bad")) {
                throw new RefusedException("worse");
            }
            return Outcome.of("");
        }

        @Override
        public void clean(ChainRun run) throws IOException {
            Files.writeString(dir.resolve("cleaned-" + run.id()), "");
        }
    }
}
