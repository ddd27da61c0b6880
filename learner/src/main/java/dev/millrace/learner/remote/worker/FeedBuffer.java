package dev.millrace.learner.remote.worker;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Records of one partition between the thread that reads them and the worker's. Everything under its lock. */
final class FeedBuffer {
    private static final int MOST_RECORDS = 1024;
    private static final long MOST_BYTES = 16L << 20;

    private record Held(SampleFeed.Fed fed, int bytes) {}

    private final Deque<Held> records = new ArrayDeque<>();
    private long bytes;
    private long beginning = -1;
    private long readTo = -1;
    private boolean ready;

    /** The consumer stands where this begins: what it reads from now on belongs here. */
    synchronized void ready() {
        ready = true;
    }

    synchronized boolean isReady() {
        return ready;
    }

    synchronized void beginning(long offset) {
        beginning = offset;
    }

    synchronized long beginning() {
        return beginning;
    }

    synchronized void add(SampleFeed.Fed fed, int size) {
        if (ready) {
            records.add(new Held(fed, size));
            bytes += size;
        }
    }

    /** Everything before this offset is in here, or was. */
    synchronized void readUpTo(long offset) {
        readTo = offset;
    }

    synchronized boolean wantsMore() {
        return ready && records.size() < MOST_RECORDS && bytes < MOST_BYTES;
    }

    synchronized SampleFeed.@Nullable Fed peek() {
        Held head = records.peek();
        return head == null ? null : head.fed();
    }

    synchronized void remove() {
        bytes -= records.remove().bytes();
    }

    /** The next record has at least this offset. */
    synchronized long position() {
        Held head = records.peek();
        return head == null ? readTo : head.fed().offset();
    }
}
