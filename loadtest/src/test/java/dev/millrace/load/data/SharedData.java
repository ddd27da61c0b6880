package dev.millrace.load.data;

import java.nio.file.Path;

/** Where the public data sets may lie: they are no part of the repository. */
final class SharedData {
    private SharedData() {}

    static Path folder() {
        String named = System.getProperty("millrace.data", System.getenv("MILLRACE_DATA"));
        // Tests run in the module's folder.
        return named != null ? Path.of(named) : Path.of("..", "..", "shared", "data");
    }
}
