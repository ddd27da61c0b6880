package dev.millrace.load.simulate;

/** Hears of the demo about once a second, on the thread that runs it. */
@FunctionalInterface
public interface DemoListener {
    void snapshot(DemoSnapshot snapshot);
}
