package dev.millrace.learner.factor;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/** A fixed number of threads that do one thing at a time together. Belongs to the thread that closes it. */
final class Team implements AutoCloseable {
    private final int size;
    private final ExecutorService threads;

    Team(int size) {
        this.size = size;
        threads = Executors.newFixedThreadPool(
                size, Thread.ofPlatform().name("factorizer-", 0).daemon().factory());
    }

    int size() {
        return size;
    }

    /** Runs on every thread with its number, and waits for all. What one throws is thrown here. */
    void run(IntConsumer work) {
        List<Future<?>> running = new ArrayList<>(size);
        for (int worker = 0; worker < size; worker++) {
            int number = worker;
            running.add(threads.submit(() -> work.accept(number)));
        }
        try {
            for (Future<?> one : running) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("factorization failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("factorization was interrupted", e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
