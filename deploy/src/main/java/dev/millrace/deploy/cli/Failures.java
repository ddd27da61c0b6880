package dev.millrace.deploy.cli;

import dev.millrace.ingest.spec.SpecException;
import dev.millrace.load.client.ClientException;
import dev.millrace.load.data.RecordingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

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
            err.println("millrace: " + sentence(e));
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                err.println("  because: " + cause);
            }
        } else {
            e.printStackTrace(err);
        }
        return 1;
    }

    /** The JDK's file exceptions carry a path and no words. */
    private static String sentence(Exception e) {
        return switch (e) {
            case NoSuchFileException missing -> missing.getFile() + ": no such file or folder";
            case AccessDeniedException denied -> denied.getFile() + ": permission denied";
            case FileAlreadyExistsException file -> file.getFile() + " is a file; give a folder";
            case FileSystemException other -> other.getFile() + ": " + other.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
