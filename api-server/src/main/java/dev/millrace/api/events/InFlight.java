package dev.millrace.api.events;

import dev.millrace.api.trace.ActionContent;
import dev.millrace.api.trace.TraceIndex;
import dev.millrace.ingest.id.SampleIds;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Actions on their way to the log, by id hash, so that no id goes there twice. Bounded by the posts in flight. */
final class InFlight {
    private final TraceIndex index;
    private final ConcurrentHashMap<Long, Claim> claims = new ConcurrentHashMap<>();

    InFlight(TraceIndex index) {
        this.index = index;
    }

    /**
     * One event's right to its id.
     *
     * @param logged completes when the log has it
     */
    record Claim(NewEvent event, String id, long content, CompletableFuture<Void> logged) {
        long hash() {
            return SampleIds.ofAction(id);
        }
    }

    /** What became of a try to claim an id. */
    sealed interface Result {
        /** The id is new: the claimer sends it, and then settles the claim. */
        record Mine(Claim claim) implements Result {}

        /** The same event came before; completes when the log has that. */
        record Known(CompletableFuture<Void> logged) implements Result {}

        /** Another event has the id. */
        record Other() implements Result {}
    }

    Result claim(NewEvent event, String id) {
        Claim mine = new Claim(event, id, event.content(), new CompletableFuture<>());
        Result known = known(mine);
        if (known != null) {
            return known;
        }
        Claim first = claims.putIfAbsent(mine.hash(), mine);
        if (first != null) {
            return first.content() == mine.content() ? new Result.Known(first.logged()) : new Result.Other();
        }
        // Asked again after the claim: what another post has finished since stands in the index by now.
        known = known(mine);
        if (known != null) {
            failed(mine, new IllegalStateException("its id was taken a moment before"));
            return known;
        }
        return new Result.Mine(mine);
    }

    private @Nullable Result known(Claim claim) {
        OptionalLong content = index.content(claim.hash());
        if (content.isEmpty()) {
            return null;
        }
        boolean same = content.getAsLong() == claim.content() || content.getAsLong() == ActionContent.UNKNOWN;
        return same ? new Result.Known(CompletableFuture.completedFuture(null)) : new Result.Other();
    }

    void logged(Claim claim) {
        claims.remove(claim.hash(), claim);
        claim.logged().complete(null);
    }

    /** Whoever waits for it fails with it, and may send the same again. */
    void failed(Claim claim, Throwable failure) {
        claims.remove(claim.hash(), claim);
        claim.logged().completeExceptionally(failure);
    }
}
