package dev.millrace.deploy.cli;

import java.nio.file.Path;

/** Where the log goes: a bounded file in the data folder; {@code logback.xml} reads these properties. */
final class Logs {
    private Logs() {}

    /** Before the first logger is made. */
    static void into(Path data) {
        System.setProperty(
                "millrace.log", data.toAbsolutePath().resolve("millrace.log").toString());
    }
}
