package dev.millrace.api.chain;

import dev.millrace.api.json.JsonIn;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import dev.millrace.ingest.chain.ChainBook;
import dev.millrace.ingest.chain.ChainRun;
import dev.millrace.ingest.chain.ChainStatus;
import dev.millrace.ingest.proto.ChainCancel;
import dev.millrace.ingest.proto.ChainOrder;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Runs of batch chains: ordered, shown, ended. Safe for many threads. */
public final class ChainDesk {
    private static final Duration CAUGHT_UP = Duration.ofSeconds(2);
    private static final int MAX_OPEN = 1_000;

    private final @Nullable ChainParts parts;
    private final Set<String> models;
    private final Clock clock;

    /** @param parts null where no chains run */
    public ChainDesk(@Nullable ChainParts parts, Set<String> models, Clock clock) {
        this.parts = parts;
        this.models = Set.copyOf(models);
        this.clock = clock;
    }

    /** Newest first. @param model null: of every model */
    public List<ChainRun> list(@Nullable String model) {
        return book(parts()).newestFirst().stream()
                .filter(run -> model == null || run.order().getModel().equals(model))
                .toList();
    }

    /** @throws ProblemException (not found) */
    public ChainRun run(String id) {
        return book(parts())
                .run(id)
                .orElseThrow(() -> new ProblemException(
                        Problem.notFound("run", "there is no run '" + id + "'", "give one that GET /v1/chains lists")));
    }

    /**
     * Orders a run. The same order again under its name is that run.
     *
     * @throws ProblemException when it is not valid, or another order has its name
     */
    public ChainRun order(JsonIn.Source body) throws InterruptedException {
        ChainParts with = parts();
        ChainOrder read = new ChainReader(with, clock).order(body);
        ChainBook book = book(with);
        ChainOrder order = read.toBuilder()
                .setModel(model(read.getModel()))
                .setRun(read.getRun().isEmpty() ? "run-" + UUID.randomUUID() : read.getRun())
                .build();
        ChainRun known = book.run(order.getRun()).orElse(null);
        if (known == null && book.open().size() >= MAX_OPEN) {
            throw new ProblemException(Problem.overload(MAX_OPEN + " runs wait already"));
        }
        try {
            if (known == null && with.log().order(order)) {
                return run(order.getRun());
            }
        } catch (IllegalStateException e) {
            throw new ProblemException(Problem.stale("the topic of chains: " + e.getMessage()));
        }
        ChainRun first = run(order.getRun());
        if (!alike(first.order(), order)) {
            throw new ProblemException(Problem.caller(
                    409, "Another run", "run", "another order has the name '" + order.getRun() + "'", "give another"));
        }
        return first;
    }

    /** But for when they were read. */
    private static boolean alike(ChainOrder a, ChainOrder b) {
        return a.toBuilder()
                .clearTimeMs()
                .build()
                .equals(b.toBuilder().clearTimeMs().build());
    }

    private String model(String named) {
        if (named.isEmpty() && models.size() == 1) {
            return models.iterator().next();
        }
        if (!models.contains(named)) {
            throw new ProblemException(Problem.invalid(
                    "model",
                    named.isEmpty() ? "model is missing" : "there is no model '" + named + "'",
                    "one of " + models));
        }
        return named;
    }

    /** Asks that a run ends; one that failed, or was refused, is no longer told of. */
    public ChainRun cancel(String id, JsonIn.Source body) throws InterruptedException {
        ChainParts with = parts();
        ChainReader.Ending ending = new ChainReader(with, clock).ending(body);
        ChainRun run = run(id);
        if (run.status() == ChainStatus.PUBLISHED) {
            throw new ProblemException(Problem.caller(
                    409, "Over", "run", "run '" + id + "' is published", "roll its version back instead"));
        }
        try {
            with.log()
                    .cancel(
                            id,
                            ChainCancel.newBuilder()
                                    .setTimeMs(clock.millis())
                                    .setWho(ending.who())
                                    .setWhy(ending.why())
                                    .build());
        } catch (IllegalStateException e) {
            throw new ProblemException(Problem.stale("the topic of chains: " + e.getMessage()));
        }
        return run(id);
    }

    private ChainParts parts() {
        if (parts == null) {
            throw new ProblemException(
                    Problem.notFound(null, "no batch chains run here", "ask the server that learns the model"));
        }
        return parts;
    }

    private static ChainBook book(ChainParts of) {
        try {
            if (!of.log().awaitCaughtUp(CAUGHT_UP)) {
                throw new ProblemException(Problem.stale("the topic of chains is not read yet"));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProblemException(Problem.stale("this server stops"));
        }
        return of.log().book();
    }
}
