package dev.millrace.api.rank;

import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Answers one model's requests, each once: the same request again gets the same answer, and one that comes while the first
 * is on its way waits for it. Safe for many threads; the caller's thread waits for the log.
 */
public final class RankService {
    private final Ranker ranker;
    private final RecentRanks recent;
    private final Duration acknowledged;
    private final String model;

    /**
     * @param recent shared by all models, since a request id names one request of all
     * @param acknowledged longest wait for the log
     */
    public RankService(Ranker ranker, RecentRanks recent, Duration acknowledged) {
        this.ranker = ranker;
        this.recent = recent;
        this.acknowledged = acknowledged;
        model = ranker.weights().spec().model();
    }

    public Ranker ranker() {
        return ranker;
    }

    /** @throws ProblemException (stale) when the log does not acknowledge the impression in time */
    public RankAnswer rank(RankRequest request) throws InterruptedException {
        return rank(request, request);
    }

    /**
     * The same of candidates that were found here.
     *
     * @param asked what the caller said, by which the same request again is known
     */
    public RankAnswer rank(RankRequest request, RankRequest asked) throws InterruptedException {
        if (!request.retryable()) {
            return await(request, asked, ranker.rank(request));
        }
        CompletableFuture<RankAnswer> mine = new CompletableFuture<>();
        CompletableFuture<RankAnswer> first = claim(request, asked, mine);
        if (first != null) {
            return await(request, asked, first);
        }
        try {
            var unused = ranker.rank(request).whenComplete((answer, failure) -> {
                if (failure == null) {
                    mine.complete(answer);
                } else {
                    mine.completeExceptionally(failure);
                }
            });
        } catch (RuntimeException | Error e) {
            mine.completeExceptionally(e);
            throw e;
        }
        return await(request, asked, mine);
    }

    private @Nullable CompletableFuture<RankAnswer> claim(
            RankRequest request, RankRequest asked, CompletableFuture<RankAnswer> mine) {
        int items = Math.min(request.limit(), request.candidates().size());
        return recent.claim(request.requestId(), RequestContent.of(model, asked), items, mine);
    }

    private RankAnswer await(RankRequest request, RankRequest asked, CompletableFuture<RankAnswer> answer)
            throws InterruptedException {
        try {
            return answer.get(Deadline.atMost(acknowledged).toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw failed(request, e.getCause());
        } catch (TimeoutException e) {
            if (!request.retryable()) {
                // From the 503 the caller knows the id: a retry finds what the log may acknowledge yet.
                var unused = claim(request, asked, answer);
            }
            Deadline.check(request.requestId());
            throw unacknowledged(request);
        }
    }

    private RuntimeException failed(RankRequest request, @Nullable Throwable cause) {
        return switch (cause) {
            case Ranker.NotLogged e -> unacknowledged(request);
            case ProblemException e -> e;
            case null, default ->
                new IllegalStateException("the request that came first under this requestId failed", cause);
        };
    }

    private ProblemException unacknowledged(RankRequest request) {
        return new ProblemException(Problem.stale("the log did not acknowledge the impression within "
                        + acknowledged.toMillis() + " ms, so there is no answer: what is shown must be on the log")
                .withRequestId(request.requestId()));
    }
}
