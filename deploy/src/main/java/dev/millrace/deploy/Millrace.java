package dev.millrace.deploy;

import dev.millrace.deploy.chain.Orphan;
import dev.millrace.deploy.cli.MillraceCommand;
import java.io.PrintWriter;
import java.io.StringWriter;

/** The {@code millrace} command line. */
public final class Millrace {
    private Millrace() {}

    public static void main(String[] args) {
        Orphan.endWithParent();
        int code = 1;
        try {
            code = MillraceCommand.execute(args);
        } catch (Throwable e) {
            // picocli lets errors through, and threads that are left would keep the process alive.
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            System.err.println("millrace: " + trace);
        }
        System.exit(code);
    }
}
