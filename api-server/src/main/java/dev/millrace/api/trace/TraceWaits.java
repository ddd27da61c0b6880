package dev.millrace.api.trace;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waiting for an action to get somewhere; a bounded number wait at a time, each on its own virtual thread. */
public final class TraceWaits {
    private final TraceIndex index;
    private final Semaphore places;
    private final Duration longest;

    public TraceWaits(TraceIndex index, int waiters, Duration longest) {
        this.index = index;
        this.places = new Semaphore(waiters);
        this.longest = longest;
    }

    /** Longest time that a caller may ask to wait. */
    public Duration longest() {
        return longest;
    }

    /** The trace when it got to {@code until} or ended, or as it is when {@code within} has passed. */
    public Optional<Trace> await(long action, Status until, Duration within) throws InterruptedException {
        if (!places.tryAcquire()) {
            throw new ProblemException(Problem.overload("too many requests wait for traces"));
        }
        try {
            Optional<CompletableFuture<Trace>> future = index.when(action, until);
            return future.isEmpty() ? Optional.empty() : Optional.of(get(action, future.get(), within));
        } finally {
            places.release();
        }
    }

    private Trace get(long action, CompletableFuture<Trace> future, Duration within) throws InterruptedException {
        try {
            return future.get(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return index.find(action).orElseGet(() -> future.getNow(new Trace(Status.ACCEPTED, 0, 0, 0, 0, 0)));
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } finally {
            index.forget(action, future);
        }
    }
}
