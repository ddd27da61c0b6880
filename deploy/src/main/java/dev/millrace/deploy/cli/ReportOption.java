package dev.millrace.deploy.cli;

import dev.millrace.deploy.chain.StepReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a command leaves its numbers for a program. */
final class ReportOption {
    @Option(names = "--report", paramLabel = "FILE", description = "Also write what was found here, as JSON.")
    @Nullable
    private Path report;

    void write(Map<String, Double> numbers, String says) throws IOException {
        if (report != null) {
            new StepReport(numbers, says).write(report);
        }
    }
}
