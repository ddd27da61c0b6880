package dev.millrace.ingest.source;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Runs one task on several threads, and tells which failed first. */
public final class Workers {
    private Workers() {}

    /** One worker's part. */
    @FunctionalInterface
    public interface Task {
        /** @throws CancellationException when it stops since another worker failed */
        void run(int worker) throws IOException, InterruptedException;
    }

    /**
     * Returns when all have ended.
     *
     * @param stop called when one fails, so that the others stop waiting for it; by its thread
     */
    public static void run(int workers, String name, Task task, Runnable stop)
            throws IOException, InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(workers, runnable -> new Thread(runnable, name));
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int w = 0; w < workers; w++) {
                int worker = w;
                running.add(threads.submit(() -> {
                    runOne(worker, task, stop);
                    return null;
                }));
            }
            rethrow(firstFailure(running));
        } catch (InterruptedException e) {
            stop.run();
            throw e;
        } finally {
            threads.shutdownNow();
        }
    }

    private static void runOne(int worker, Task task, Runnable stop) throws IOException, InterruptedException {
        boolean done = false;
        try {
            task.run(worker);
            done = true;
        } finally {
            if (!done) {
                stop.run();
            }
        }
    }

    /** Not that another stopped for it. */
    private static @Nullable Throwable firstFailure(List<Future<?>> running) throws InterruptedException {
        Throwable first = null;
        for (Future<?> worker : running) {
            try {
                worker.get();
            } catch (ExecutionException e) {
                boolean followed = e.getCause() instanceof CancellationException;
                if (first == null || (first instanceof CancellationException && !followed)) {
                    first = e.getCause();
                }
            }
        }
        return first;
    }

    private static void rethrow(@Nullable Throwable failure) throws IOException, InterruptedException {
        if (failure instanceof IOException e) {
            throw e;
        } else if (failure instanceof InterruptedException e) {
            throw e;
        } else if (failure instanceof RuntimeException e) {
            throw e;
        } else if (failure instanceof Error e) {
            throw e;
        } else if (failure != null) {
            throw new IllegalStateException(failure);
        }
    }
}
