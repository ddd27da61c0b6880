package dev.millrace.learner.chain;

import dev.millrace.ingest.chain.ChainBook;
import dev.millrace.ingest.chain.ChainLog;
import dev.millrace.ingest.chain.ChainRun;
import dev.millrace.ingest.chain.ChainStatus;
import dev.millrace.ingest.chain.ChainStep;
import dev.millrace.ingest.proto.ChainState;
import dev.millrace.ingest.proto.ChainTry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries runs out, a few at once: each step is said to have begun before it begins, and to have ended after it has, so
 * that whoever comes after a crash begins that step again. Models have one worker each.
 *
 * <pre>
 *  ordered ─▶ waiting ─▶ running ─▶ … a step after the other … ─▶ published
 *                           │  ▲ ╲─▶ refused (the gate), cancelled
 *                   failed  ▼  │ later
 *                         retrying ─▶ failed, after the last try
 * </pre>
 */
public final class ChainWorker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChainWorker.class);
    private static final Duration LOOK = Duration.ofMillis(500);
    private static final Duration CLOSE = Duration.ofSeconds(10);
    private static final int MAX_DETAIL = 2_000;

    /**
     * @param atOnce runs that have a step under way
     * @param tries of each step
     * @param firstWait before the second try; doubles
     * @param lastWait longest
     * @param keep ended runs that stay in the history
     */
    public record Config(int atOnce, int tries, Duration firstWait, Duration lastWait, int keep) {
        public static final Config DEFAULT = new Config(1, 4, Duration.ofSeconds(5), Duration.ofMinutes(5), 200);

        public Config {
            require(atOnce >= 1 && atOnce <= 64, "atOnce: 1..64");
            require(tries >= 1 && tries <= 20, "tries: 1..20");
            require(firstWait.isPositive() && lastWait.compareTo(firstWait) >= 0, "waits: 0 < firstWait <= lastWait");
            require(keep >= 1 && keep <= 10_000, "keep: 1..10000");
        }

        private static void require(boolean holds, String message) {
            if (!holds) {
                throw new IllegalArgumentException("chains: " + message);
            }
        }

        /** After this try of a step, counted from 1. */
        Duration wait(int attempt) {
            long factor = 1L << Math.min(attempt - 1, 30);
            Duration wait = firstWait.multipliedBy(factor);
            return wait.compareTo(lastWait) < 0 ? wait : lastWait;
        }
    }

    private final Config config;
    private final ChainLog log;
    private final Map<String, ChainSteps> steps;
    private final Clock clock;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Map<String, Future<?>> active = new ConcurrentHashMap<>();
    private final Thread thread;
    private volatile boolean closing;

    private ChainWorker(Config config, ChainLog log, Map<String, ? extends ChainSteps> steps, Clock clock) {
        this.config = config;
        this.log = log;
        this.steps = Map.copyOf(steps);
        this.clock = clock;
        thread = Thread.ofPlatform().name("chain-worker").daemon().unstarted(this::hand);
    }

    /** @param steps by model: whose runs it carries out */
    public static ChainWorker start(Config config, ChainLog log, Map<String, ? extends ChainSteps> steps, Clock clock) {
        ChainWorker worker = new ChainWorker(config, log, steps, clock);
        worker.thread.start();
        return worker;
    }

    private void hand() {
        try {
            while (!closing && !log.awaitCaughtUp(LOOK)) {
                LOG.debug("waiting for the chains");
            }
            while (!closing) {
                look(log.book());
                var unused = log.await(book -> closing || wants(book), LOOK);
            }
        } catch (InterruptedException e) {
            LOG.debug("no more runs of chains", e);
        }
    }

    /** Whether there is something to do at once. */
    private boolean wants(ChainBook book) {
        return active.size() < config.atOnce()
                && book.open().stream().anyMatch(run -> mine(run) && !active.containsKey(run.id()) && due(run));
    }

    private void look(ChainBook book) throws InterruptedException {
        try {
            for (ChainRun run : book.newestFirst()) {
                if (mine(run) && run.cancel().isPresent() && run.status() != ChainStatus.CANCELLED) {
                    cancel(run);
                }
            }
            for (ChainRun run : book.open()) {
                boolean free = active.size() < config.atOnce() && !active.containsKey(run.id());
                if (free && mine(run) && run.cancel().isEmpty() && due(run)) {
                    Future<?> begins = CompletableFuture.completedFuture(run);
                    active.put(run.id(), begins);
                    Future<?> running = threads.submit(() -> carryOut(run));
                    // Unless it has ended already.
                    active.replace(run.id(), begins, running);
                }
            }
            forget(book);
        } catch (IOException | RuntimeException e) {
            LOG.error("chains could not be looked at; trying again", e);
        }
    }

    private boolean mine(ChainRun run) {
        return steps.containsKey(run.order().getModel());
    }

    private ChainSteps of(ChainRun run) {
        return Objects.requireNonNull(steps.get(run.order().getModel()));
    }

    private boolean due(ChainRun run) {
        return run.status() != ChainStatus.RETRYING
                || clock.millis() >= run.state().getNextTryMs();
    }

    /** One that runs ends itself; one that was published stays so. */
    private void cancel(ChainRun run) throws InterruptedException, IOException {
        Future<?> running = active.get(run.id());
        if (running != null) {
            running.cancel(true);
        } else if (run.status() != ChainStatus.PUBLISHED) {
            ended(
                    run,
                    run.state().toBuilder(),
                    ChainStatus.CANCELLED,
                    run.cancel().orElseThrow().getWhy());
        }
    }

    private void carryOut(ChainRun run) {
        try {
            Steps running = new Steps(run);
            while (!closing && running.goesOn) {
                running.step();
            }
        } catch (InterruptedException e) {
            LOG.debug("run {} was interrupted", run.id(), e);
        } catch (RuntimeException | IOException e) {
            // Its state stands: the next look begins the step again.
            LOG.error("run {} could not say how far it is", run.id(), e);
        } finally {
            active.remove(run.id());
        }
    }

    /** A run while it runs. One thread. */
    private final class Steps {
        private final ChainRun ordered;
        private ChainState state;
        private boolean goesOn = true;

        Steps(ChainRun run) {
            ordered = run;
            state = run.state();
        }

        /** One try of the step that comes next. */
        void step() throws InterruptedException, IOException {
            ChainStep step = ChainStep.of(state.getStep());
            int attempt = begin(step);
            if (attempt > config.tries()) {
                end("failed", ChainStatus.FAILED, step.text() + ": the process that ran it ended, each time");
                return;
            }
            ChainRun now = now();
            try {
                ChainSteps.Outcome outcome = of(ordered).run(step, now);
                done(step, outcome);
            } catch (ChainSteps.RefusedException e) {
                end("refused", ChainStatus.REFUSED, text(e));
            } catch (InterruptedException e) {
                interrupted();
                throw e;
            } catch (IOException | RuntimeException e) {
                if (closing || Thread.currentThread().isInterrupted()) {
                    interrupted();
                } else {
                    failed(step, attempt, e);
                }
            }
        }

        private int begin(ChainStep step) throws InterruptedException, IOException {
            List<ChainTry> tries = new ArrayList<>(state.getTriesList());
            // Of a process that died meanwhile.
            tries.replaceAll(t -> t.getEndedMs() > 0
                    ? t
                    : t.toBuilder()
                            .setEndedMs(clock.millis())
                            .setOutcome("interrupted")
                            .setDetail("the process that ran it ended")
                            .build());
            int attempt = state.getAttempt() + 1;
            tries.add(ChainTry.newBuilder()
                    .setStep(step.text())
                    .setAttempt(attempt)
                    .setBeganMs(clock.millis())
                    .build());
            say(state.toBuilder()
                    .clearTries()
                    .addAllTries(tries)
                    .setStatus(ChainStatus.RUNNING.text())
                    .setAttempt(attempt)
                    .setNextTryMs(0));
            LOG.info("run {}: {} begins, try {}", ordered.id(), step.text(), attempt);
            return attempt;
        }

        private ChainRun now() {
            return log.book().run(ordered.id()).orElse(ordered);
        }

        private void done(ChainStep step, ChainSteps.Outcome outcome) throws InterruptedException, IOException {
            ChainState.Builder next = tried("done", outcome.detail())
                    .putAllMetrics(outcome.metrics())
                    .setAttempt(0);
            if (outcome.version() > 0) {
                next.setVersion(outcome.version());
            }
            if (step.next().isPresent()) {
                say(next.setStep(step.next().get().text()));
            } else {
                goesOn = false;
                ended(ordered, next, ChainStatus.PUBLISHED, outcome.detail());
            }
        }

        private void failed(ChainStep step, int attempt, Exception e) throws InterruptedException, IOException {
            LOG.warn(
                    "run {}: {} failed, try {} of {}: {}", ordered.id(), step.text(), attempt, config.tries(), text(e));
            if (attempt >= config.tries()) {
                LOG.error(
                        "run {} of chain {} failed for good at {}",
                        ordered.id(),
                        ordered.order().getChain(),
                        step);
                end("failed", ChainStatus.FAILED, step.text() + ": " + text(e));
                return;
            }
            goesOn = false;
            say(tried("failed", text(e))
                    .setStatus(ChainStatus.RETRYING.text())
                    .setNextTryMs(clock.millis() + config.wait(attempt).toMillis()));
        }

        /** By somebody who cancels it, or since this process stops: then it is as if that try had not begun. */
        private void interrupted() throws InterruptedException, IOException {
            goesOn = false;
            boolean cancelled = now().cancel().isPresent();
            // What is said now is to be said.
            var unused = Thread.interrupted();
            if (cancelled) {
                end(
                        "cancelled",
                        ChainStatus.CANCELLED,
                        now().cancel().orElseThrow().getWhy());
            } else {
                ChainState.Builder again = tried("interrupted", "the service stopped");
                say(again.setStatus(ChainStatus.WAITING.text()).setAttempt(Math.max(0, state.getAttempt() - 1)));
            }
        }

        private void end(String outcome, ChainStatus status, String detail) throws InterruptedException, IOException {
            goesOn = false;
            ended(ordered, tried(outcome, detail), status, detail);
        }

        private ChainState.Builder tried(String outcome, String detail) {
            int last = state.getTriesCount() - 1;
            return state.toBuilder()
                    .setTries(
                            last,
                            state.getTries(last).toBuilder()
                                    .setEndedMs(clock.millis())
                                    .setOutcome(outcome)
                                    .setDetail(detail));
        }

        private void say(ChainState.Builder next) throws InterruptedException {
            state = next.build();
            log.at(ordered.id(), state);
        }
    }

    private void ended(ChainRun run, ChainState.Builder state, ChainStatus status, String detail)
            throws InterruptedException, IOException {
        log.at(
                run.id(),
                state.setStatus(status.text())
                        .setDetail(detail)
                        .setNextTryMs(0)
                        .setEndedMs(clock.millis())
                        .build());
        LOG.info("run {} of chain {}: {} {}", run.id(), run.order().getChain(), status.text(), detail);
        of(run).clean(run);
    }

    private static String text(Exception e) {
        String text = e instanceof RuntimeException ? e.toString() : String.valueOf(e.getMessage());
        return text.length() <= MAX_DETAIL ? text : text.substring(0, MAX_DETAIL) + "…";
    }

    private void forget(ChainBook book) throws InterruptedException {
        Map<String, Integer> kept = new HashMap<>();
        for (ChainRun run : book.newestFirst()) {
            if (mine(run)
                    && run.status().ended()
                    && kept.merge(run.order().getModel(), 1, Integer::sum) > config.keep()) {
                log.forget(run);
            }
        }
    }

    /** What runs is interrupted, and begins again with the next worker. */
    @Override
    public void close() {
        closing = true;
        thread.interrupt();
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(CLOSE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("runs of chains did not end in {}", CLOSE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
