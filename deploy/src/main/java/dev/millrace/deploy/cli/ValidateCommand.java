package dev.millrace.deploy.cli;

import dev.millrace.ingest.spec.ModelSpec;
import dev.millrace.ingest.spec.SpecException;
import dev.millrace.ingest.spec.SpecReader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code millrace validate}. */
@Command(
        name = "validate",
        mixinStandardHelpOptions = true,
        header = "Checks model specs and says everything that is wrong with them.",
        description = {"", "Exit code 0: all are valid; 1: at least one is not."})
final class ValidateCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Model specs, YAML files.")
    private List<Path> files = List.of();

    @Override
    public Integer call() throws IOException {
        int code = 0;
        for (Path file : files) {
            try {
                ModelSpec spec = SpecReader.read(file);
                System.out.printf(
                        "%s: model %s, %d slots, %d crosses, fingerprint %016x%n",
                        file, spec.model(), spec.slots().size(), spec.crosses().size(), spec.fingerprint());
            } catch (SpecException e) {
                System.err.println(e.getMessage());
                code = 1;
            } catch (NoSuchFileException e) {
                System.err.println(file + ": no such file");
                code = 1;
            }
        }
        return code;
    }
}
