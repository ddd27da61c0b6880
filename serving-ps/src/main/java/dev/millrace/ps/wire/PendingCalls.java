package dev.millrace.ps.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The calls of one connection that wait for their answers, and thereby its permits. A call's id holds its place (low
 * 32 bits) and how often the place was taken (high 32 bits), so that an answer after the deadline finds nobody. Any
 * thread; futures are completed outside the lock.
 */
public final class PendingCalls {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition placeFree = lock.newCondition();
    private final WireOptions.WhenFull whenFull;
    private final @Nullable Call[] calls;
    private final int[] rounds;
    private final int[] freePlaces;
    private int free;
    private @Nullable WireException ended;

    /** One of them. */
    public static final class Call extends CompletableFuture<FlatReply> {
        private final long id;
        private final long deadlineNs;

        private Call(long id, long deadlineNs) {
            this.id = id;
            this.deadlineNs = deadlineNs;
        }

        public long id() {
            return id;
        }

        /** As {@link System#nanoTime}. */
        public long deadlineNs() {
            return deadlineNs;
        }

        /** Completes, or closes the reply if the caller gave up. */
        public void answer(FlatReply reply) {
            if (!complete(reply)) {
                reply.close();
            }
        }
    }

    public PendingCalls(WireOptions options) {
        whenFull = options.whenFull();
        calls = new Call[options.inFlight()];
        rounds = new int[options.inFlight()];
        freePlaces = new int[options.inFlight()];
        for (int i = 0; i < freePlaces.length; i++) {
            freePlaces[i] = freePlaces.length - 1 - i;
        }
        free = freePlaces.length;
    }

    /**
     * Takes a place.
     *
     * @param mayWait false on the connection's thread, which frees the places
     * @throws WireException if there is none in time, or the connection has ended
     */
    public Call take(long deadlineNs, boolean mayWait) {
        lock.lock();
        try {
            while (free == 0 && ended == null) {
                if (!mayWait || whenFull == WireOptions.WhenFull.REFUSE) {
                    throw new WireException(WireCode.OVERLOADED, calls.length + " calls are in flight");
                }
                if (placeFree.awaitNanos(deadlineNs - System.nanoTime()) <= 0 && free == 0) {
                    throw new WireException(
                            WireCode.TIMEOUT, calls.length + " calls were in flight until the deadline");
                }
            }
            if (ended != null) {
                throw ended;
            }
            int place = freePlaces[--free];
            Call call = new Call((long) ++rounds[place] << 32 | place, deadlineNs);
            calls[place] = call;
            return call;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WireException(WireCode.UNAVAILABLE, "interrupted while waiting to send", e);
        } finally {
            lock.unlock();
        }
    }

    /** Frees the call's place. @return null if nobody waits for this id */
    public @Nullable Call remove(long id) {
        int place = (int) id;
        if (place < 0 || place >= calls.length) {
            return null;
        }
        lock.lock();
        try {
            Call call = calls[place];
            if (call == null || call.id != id) {
                return null;
            }
            free(place);
            return call;
        } finally {
            lock.unlock();
        }
    }

    /** Frees the call's place, if it has one. */
    public void forget(Call call) {
        Call unused = remove(call.id);
    }

    private void free(int place) {
        calls[place] = null;
        freePlaces[free++] = place;
        placeFree.signal();
    }

    /** Fails the calls whose deadline has passed. O(inFlight). */
    public void expire(long nowNs) {
        List<Call> expired = new ArrayList<>();
        lock.lock();
        try {
            for (int place = 0; free < calls.length && place < calls.length; place++) {
                Call call = calls[place];
                if (call != null && call.deadlineNs - nowNs <= 0) {
                    free(place);
                    expired.add(call);
                }
            }
        } finally {
            lock.unlock();
        }
        for (Call call : expired) {
            call.completeExceptionally(new WireException(WireCode.TIMEOUT, "no answer within the deadline"));
        }
    }

    /** Fails all that are there and all that will come. Again: nothing. */
    public void end(WireException why) {
        List<Call> failed = new ArrayList<>();
        lock.lock();
        try {
            if (ended != null) {
                return;
            }
            ended = why;
            for (int place = 0; place < calls.length; place++) {
                Call call = calls[place];
                if (call != null) {
                    free(place);
                    failed.add(call);
                }
            }
            placeFree.signalAll();
        } finally {
            lock.unlock();
        }
        for (Call call : failed) {
            call.completeExceptionally(why);
        }
    }

    /** How many wait for their answers. */
    public int size() {
        lock.lock();
        try {
            return calls.length - free;
        } finally {
            lock.unlock();
        }
    }
}
