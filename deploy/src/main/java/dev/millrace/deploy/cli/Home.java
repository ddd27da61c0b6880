package dev.millrace.deploy.cli;

import java.io.IOException;
import java.nio.file.Path;

/** The checkout that the launcher runs from. */
final class Home {
    private Home() {}

    static Path folder() throws IOException {
        String home = System.getProperty("millrace.home");
        if (home == null) {
            throw new IOException("this command runs through deploy/millrace, which says where the checkout is");
        }
        return Path.of(home);
    }
}
