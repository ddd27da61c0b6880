package dev.millrace.deploy.cli;

import java.util.concurrent.CountDownLatch;

/**
 * Ctrl-C and SIGTERM end a command as if it had come to its end: its thread is asked to stop, what it opened is closed in
 * order, and only then does the JVM go. Opened first, closed last, by the command's thread.
 */
final class OrderlyStop implements AutoCloseable {
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Runnable ask = Thread.currentThread()::interrupt;

    OrderlyStop() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::stop));
    }

    /** Asks like this from now on, instead of interrupting the thread. */
    void askWith(Runnable gentler) {
        ask = gentler;
    }

    private void stop() {
        if (closed.getCount() > 0) {
            System.err.println("millrace: stopping ...");
            ask.run();
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
