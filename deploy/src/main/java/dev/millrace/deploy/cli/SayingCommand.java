package dev.millrace.deploy.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command that answers in lines. */
abstract class SayingCommand implements Callable<Integer> {
    @Spec
    @Nullable
    private CommandSpec spec;

    protected void say(String format, Object... args) {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        out.printf(Locale.ROOT, format + "%n", args);
        out.flush();
    }
}
