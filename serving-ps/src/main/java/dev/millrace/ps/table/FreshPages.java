package dev.millrace.ps.table;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A range of reserved memory whose pages one thread for all tables takes from the system, from the top down, before the
 * table's owner writes there: a fresh huge page costs its first writer milliseconds in some virtual machines.
 *
 * <p>The owner asks {@link #readyFrom} and does something else until then. Where the system cannot do it (before Linux
 * 5.14), or too many ranges wait, everything is ready at once, and the owner pays as it goes.
 */
final class FreshPages implements Runnable {
    /** Nothing to wait for. */
    static final FreshPages NONE = new FreshPages(MemorySegment.NULL, 0, 0);

    private static final int MOST_WAITING = 1024;
    private static final ThreadPoolExecutor THREAD = thread();

    private final MemorySegment memory;
    private final long from;
    /** Written by the one thread, read by the owner: nothing is published by it but itself. */
    private volatile long readyFrom;

    private FreshPages(MemorySegment memory, long from, long end) {
        this.memory = memory;
        this.from = from;
        readyFrom = end;
    }

    /** Bytes {@code from} to {@code to}, but for the huge page that {@code from - 1} lies in. */
    static FreshPages ask(MemorySegment memory, long from, long to) {
        long first = MappedMemory.roundToHugePages(from);
        long end = Math.min(MappedMemory.roundToHugePages(to), memory.byteSize());
        if (first >= end) {
            return NONE;
        }
        FreshPages pages = new FreshPages(memory, first, end);
        try {
            THREAD.execute(pages);
        } catch (RejectedExecutionException e) {
            return NONE;
        }
        return pages;
    }

    /** Makes huge pages of the small ones that hold the first bytes, beside the owner, who goes on using them. */
    static void join(MemorySegment memory, long bytes) {
        try {
            THREAD.execute(() -> MappedMemory.makeHugePages(memory, 0, bytes));
        } catch (RejectedExecutionException e) {
            MappedMemory.makeHugePages(memory, 0, bytes);
        }
    }

    /** From this byte on everything is there; 0: everything that was asked for. */
    long readyFrom() {
        return readyFrom;
    }

    @Override
    public void run() {
        long ready = readyFrom;
        // A page a call: the system lets go of the address space in between.
        while (ready > from && MappedMemory.populate(memory, ready - MappedMemory.HUGE_PAGE, ready)) {
            ready -= MappedMemory.HUGE_PAGE;
            readyFrom = ready;
        }
        readyFrom = 0;
    }

    private static ThreadPoolExecutor thread() {
        var executor = new ThreadPoolExecutor(
                1,
                1,
                1,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MOST_WAITING),
                Thread.ofPlatform().daemon().name("table-pages").factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }
}
