package dev.millrace.ingest.chain;

import dev.millrace.ingest.proto.ChainCancel;
import dev.millrace.ingest.proto.ChainEvent;
import dev.millrace.ingest.proto.ChainOrder;
import dev.millrace.ingest.proto.ChainState;
import dev.millrace.ingest.topic.StateLog;
import dev.millrace.ingest.topic.Topics;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * The topic of chains: anybody orders and cancels, one worker of each model says where its runs are. A run's state
 * replaces the one before it. Safe for many threads.
 */
public final class ChainLog implements AutoCloseable {
    private final StateLog<ChainBook> log;

    private ChainLog(StateLog<ChainBook> log) {
        this.log = log;
    }

    /** Reads from the beginning, on a thread of its own; the topic must exist. */
    public static ChainLog open(String bootstrapServers) {
        return new ChainLog(StateLog.open(
                bootstrapServers,
                Topics.CHAINS,
                ChainBook.EMPTY,
                (book, offset, key, value) ->
                        value == null ? book.without(key) : book.with(offset, key, ChainEvent.parseFrom(value)),
                (book, offset) -> book));
    }

    /** What is known now. */
    public ChainBook book() {
        return log.book();
    }

    /** Returns once all that stood on the topic has been read. @return false when it was not within this time */
    public boolean awaitCaughtUp(Duration atMost) throws InterruptedException {
        return log.awaitCaughtUp(atMost);
    }

    /** Returns once the book is so. @return false when it was not within this time */
    public boolean await(Predicate<ChainBook> wanted, Duration atMost) throws InterruptedException {
        return log.await(wanted, atMost);
    }

    /**
     * Orders a run.
     *
     * @return whether it is the one that stands under its name now; otherwise another order was there first
     * @throws IllegalStateException when the log does not acknowledge in time
     */
    public boolean order(ChainOrder order) throws InterruptedException {
        long offset = append(
                order.getRun(),
                "order-" + UUID.randomUUID(),
                ChainEvent.newBuilder().setOrder(order));
        return log.book()
                .run(order.getRun())
                .filter(run -> run.offset() == offset)
                .isPresent();
    }

    /** Asks that a run ends. */
    public void cancel(String run, ChainCancel cancel) throws InterruptedException {
        append(run, "cancel", ChainEvent.newBuilder().setCancel(cancel));
    }

    /** Says where a run is; by its worker alone. */
    public void at(String run, ChainState state) throws InterruptedException {
        append(run, "state", ChainEvent.newBuilder().setState(state));
    }

    /** Lets compaction take all records of a run. */
    public void forget(ChainRun run) throws InterruptedException {
        for (String key : run.keys()) {
            log.forget(key);
        }
    }

    private long append(String run, String what, ChainEvent.Builder event) throws InterruptedException {
        return log.append(run + "/" + what, event.setRun(run).build().toByteArray());
    }

    @Override
    public void close() {
        log.close();
    }
}
