package dev.millrace.deploy.cli;

import dev.millrace.ingest.spec.SpecException;
import dev.millrace.load.client.ClientException;
import dev.millrace.load.data.RecordingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;

/** Tells a person what went wrong: a sentence where it is theirs to mend, a stack trace where it is ours. */
final class Failures {
    /** As a shell says of a command that Ctrl-C ended. */
    private static final int STOPPED = 130;

    private Failures() {}

    static int report(Exception e, PrintWriter err) {
        if (e instanceof InterruptedException) {
            return STOPPED;
        }
        if (e instanceof SpecException
                || e instanceof ClientException
                || e instanceof RecordingException
                || e instanceof IOException
                || e instanceof UncheckedIOException
                || e instanceof IllegalArgumentException) {
            err.println("millrace: " + e.getMessage());
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                err.println("  because: " + cause);
            }
        } else {
            e.printStackTrace(err);
        }
        return 1;
    }
}
