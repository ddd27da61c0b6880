package dev.millrace.api.monitor.window;

/** What feeds windows while it runs. */
public interface WindowFeed extends AutoCloseable {
    WindowFeed NONE = () -> {};

    @Override
    void close();
}
