package dev.millrace.deploy;

import dev.millrace.deploy.cli.MillraceCommand;

/** The {@code millrace} command line. */
public final class Millrace {
    private Millrace() {}

    public static void main(String[] args) {
        System.exit(MillraceCommand.execute(args));
    }
}
