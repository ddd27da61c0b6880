package dev.millrace.ingest.source;

import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts rows that are not valid, up to a bound. Any thread. */
final class BadRows {
    private static final Logger LOG = LoggerFactory.getLogger(BadRows.class);
    private static final int NAMED = 10;

    private final long most;
    private final AtomicLong count = new AtomicLong();

    BadRows(long most) {
        this.most = most;
    }

    /** @throws DataException when there are too many */
    void add(DataFile file, long position, RowProblem problem) throws DataException {
        long n = count.incrementAndGet();
        String text = file.name() + ", row at byte " + position + ": " + problem.getMessage();
        if (n > most) {
            throw new DataException(text
                    + (most == 0
                            ? "; mend it, or allow bad rows to be left out (--bad-rows N)"
                            : "; that is more than the " + most + " bad rows allowed"));
        }
        if (n <= NAMED) {
            LOG.warn("left out: {}", text);
        }
    }

    long count() {
        return count.get();
    }
}
