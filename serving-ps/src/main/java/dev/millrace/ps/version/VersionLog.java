package dev.millrace.ps.version;

import dev.millrace.ingest.proto.VersionEvent;
import dev.millrace.ingest.topic.StateLog;
import dev.millrace.ingest.topic.Topics;
import java.time.Duration;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * A model's registry on its compacted topic, read into a {@link VersionBook}; anybody writes, and is told whether it
 * counted. Every record has a key of its own, so that compaction takes nothing but what was deleted, and evidence that
 * newer evidence replaced. Safe for many threads.
 */
public final class VersionLog implements AutoCloseable {
    private final StateLog<VersionBook> log;

    private VersionLog(StateLog<VersionBook> log) {
        this.log = log;
    }

    /** Reads from the beginning, on a thread of its own; the topic must exist. */
    public static VersionLog open(String bootstrapServers, String model) {
        return new VersionLog(StateLog.open(
                bootstrapServers,
                Topics.versions(model),
                VersionBook.EMPTY,
                (book, offset, key, value) ->
                        value == null ? book.past(offset) : book.with(offset, VersionEvent.parseFrom(value)),
                VersionBook::past));
    }

    /** What is known now. */
    public VersionBook book() {
        return log.book();
    }

    /** Returns once all that stood on the topic has been read. @return false when it was not within this time */
    public boolean awaitCaughtUp(Duration atMost) throws InterruptedException {
        return log.awaitCaughtUp(atMost);
    }

    /** Returns once the book is so. @return false when it was not within this time */
    public boolean await(Predicate<VersionBook> wanted, Duration atMost) throws InterruptedException {
        return log.await(wanted, atMost);
    }

    /**
     * Writes an event, and waits until it stands and is read.
     *
     * @return its offset
     * @throws RevisionConflict when it expected another revision than it met
     * @throws IllegalStateException when the log does not acknowledge, or is not read, in time
     */
    public long append(VersionEvent event) throws InterruptedException {
        long offset = log.append(key(event), event.toByteArray());
        VersionBook known = log.book();
        if (event.getExpectedRevision() != 0 && !known.counted(offset)) {
            throw new RevisionConflict(event.getExpectedRevision() - 1, known.revision());
        }
        return offset;
    }

    /** Lets compaction take a retired version's record. */
    public void forget(long version) throws InterruptedException {
        log.forget("version-" + version);
    }

    private static String key(VersionEvent event) {
        if (event.hasEvidence()) {
            // The newest is all that is needed.
            return "arm-evidence";
        }
        return event.hasMade() ? "version-" + event.getMade().getNumber() : "event-" + UUID.randomUUID();
    }

    @Override
    public void close() {
        log.close();
    }
}
