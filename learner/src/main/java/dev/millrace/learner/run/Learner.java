package dev.millrace.learner.run;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.learner.sync.DeltaPublisher;
import dev.millrace.ps.version.VersionLog;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that learns one model. After a failure it starts again from its snapshot and the log, so that nothing is
 * lost or counted twice.
 */
public final class Learner implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Learner.class);
    private static final Duration CLOSE = Duration.ofSeconds(30);
    private static final Duration VERSIONS = Duration.ofMillis(500);
    private static final Duration LONGEST_DELAY = Duration.ofSeconds(30);

    private final LearnerConfig config;
    private final ModelSpec spec;
    private final Clock clock;
    private final Thread thread;
    private final VersionLog versions;
    private final CountDownLatch stop = new CountDownLatch(1);
    private volatile boolean running = true;

    private Learner(LearnerConfig config, ModelSpec spec, Clock clock) {
        this.config = config;
        this.spec = spec;
        this.clock = clock;
        versions = VersionLog.open(config.bootstrapServers(), spec.model());
        thread = Thread.ofPlatform().name("learner-" + spec.model()).unstarted(this::run);
    }

    /** Starts learning from where the newest snapshot and the delta log end. */
    public static Learner start(LearnerConfig config, ModelSpec spec, Clock clock) {
        DeltaPublisher.checkFits(spec);
        Learner learner = new Learner(config, spec, clock);
        learner.thread.start();
        return learner;
    }

    private void run() {
        Duration delay = config.restartDelay();
        while (running) {
            long startNs = System.nanoTime();
            if (!versionsKnown()) {
                continue;
            }
            try (LearningSession session = LearningSession.open(config, spec, versions, clock)) {
                boolean goesOn = true;
                while (running && goesOn) {
                    goesOn = session.step();
                }
                if (goesOn) {
                    session.snapshot();
                }
            } catch (InterruptedException | InterruptException e) {
                LOG.warn("learner of {} was interrupted", spec.model());
                return;
            } catch (Exception | Error e) {
                // An error too: a learner that is silently gone is worse than one that fails again.
                LOG.error("learner of {} failed; it starts again from its snapshot and the log", spec.model(), e);
                boolean ranWell = System.nanoTime() - startNs > LONGEST_DELAY.toNanos();
                delay = ranWell ? config.restartDelay() : delay;
                pause(delay);
                delay = delay.multipliedBy(2).compareTo(LONGEST_DELAY) < 0 ? delay.multipliedBy(2) : LONGEST_DELAY;
            }
        }
    }

    /** Without the directives it might learn what it is not to learn. */
    private boolean versionsKnown() {
        try {
            return versions.awaitCaughtUp(VERSIONS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            running = false;
            return false;
        }
    }

    private void pause(Duration delay) {
        try {
            running = !stop.await(delay.toMillis(), TimeUnit.MILLISECONDS) && running;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            running = false;
        }
    }

    /** Finishes the open batch, writes a snapshot and stops. */
    @Override
    public void close() {
        running = false;
        stop.countDown();
        try {
            if (!thread.join(CLOSE)) {
                LOG.warn("learner of {} did not stop in {}; its log and last snapshot stand", spec.model(), CLOSE);
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        versions.close();
    }
}
