package dev.millrace.learner.training;

import dev.millrace.ps.life.RowLife;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log what became of rows: that features are not learned since the table is at its bound, once a minute; and
 * how many came and went, every ten minutes in which some did. One thread.
 */
public final class LifeLog {
    private static final Logger LOG = LoggerFactory.getLogger(LifeLog.class);
    private static final long WARN_NS = Duration.ofMinutes(1).toNanos();
    private static final long TELL_NS = Duration.ofMinutes(10).toNanos();

    private final ShardState state;
    private RowLife.Counters told;
    private long withoutRoomTold;
    private long nextWarnNs;
    private long nextTellNs;

    public LifeLog(ShardState state, long nowNs) {
        this.state = state;
        this.told = state.life().counters();
        this.withoutRoomTold = told.withoutRoom();
        this.nextWarnNs = nowNs;
        this.nextTellNs = nowNs + TELL_NS;
    }

    /** Once a batch. */
    public void say(long nowNs) {
        warning(nowNs).ifPresent(LOG::warn);
        summary(nowNs).ifPresent(LOG::info);
    }

    Optional<String> warning(long nowNs) {
        long withoutRoom = state.life().counters().withoutRoom();
        if (withoutRoom == withoutRoomTold || nowNs - nextWarnNs < 0) {
            return Optional.empty();
        }
        String text =
                "model %s, shard %d: %d rows are all that policies.maxRows allows; %d more occurrences of features"
                        + " without a row were not learned. Raise it, or let rows expire (expireAfter) or be admitted later (minCount)";
        String said = text.formatted(
                state.spec().model(), state.id().shard(), state.table().size(), withoutRoom - withoutRoomTold);
        withoutRoomTold = withoutRoom;
        nextWarnNs = nowNs + WARN_NS;
        return Optional.of(said);
    }

    Optional<String> summary(long nowNs) {
        RowLife.Counters now = state.life().counters();
        if (nowNs - nextTellNs < 0 || now.equals(told)) {
            return Optional.empty();
        }
        String text = "model %s, shard %d: %d rows; since the last word %d born, %d expired, %d occurrences of features"
                + " too rare for a row";
        String said = text.formatted(
                state.spec().model(),
                state.id().shard(),
                state.table().size(),
                now.born() - told.born(),
                now.expired() - told.expired(),
                now.heldBack() - told.heldBack());
        told = now;
        nextTellNs = nowNs + TELL_NS;
        return Optional.of(said);
    }
}
