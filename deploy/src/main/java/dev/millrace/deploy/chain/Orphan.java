package dev.millrace.deploy.chain;

import java.io.IOException;

/** A child process that ends when the process that started it does, however that ends. */
public final class Orphan {
    /** Set for a child whose standard input its parent holds open. */
    static final String VARIABLE = "MILLRACE_ENDS_WITH_STDIN";

    private static final int CODE = 143;

    private Orphan() {}

    /** In a child: from now on. */
    public static void endWithParent() {
        if (System.getenv(VARIABLE) != null) {
            Thread.ofPlatform().daemon().name("orphan").start(Orphan::watch);
        }
    }

    private static void watch() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is said on it.
                continue;
            }
        } catch (IOException e) {
            // As if it had ended.
        }
        Runtime.getRuntime().halt(CODE);
    }
}
