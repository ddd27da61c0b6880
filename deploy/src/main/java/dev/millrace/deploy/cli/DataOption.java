package dev.millrace.deploy.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The data folder of a command: the one given, or a temporary one that is deleted afterwards. */
final class DataOption implements AutoCloseable {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Keep everything in this folder; started again on it, it continues. Default: a temporary"
                    + " folder, deleted at the end.")
    @Nullable
    private Path given;

    private @Nullable Path temporary;

    Path folder() throws IOException {
        if (given != null) {
            return given;
        }
        if (temporary == null) {
            temporary = Files.createTempDirectory("millrace-");
        }
        return temporary;
    }

    @Override
    public void close() {
        if (temporary == null) {
            return;
        }
        try {
            Files.walkFileTree(temporary, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException failure) throws IOException {
                    Files.deleteIfExists(dir);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + temporary, e);
        }
    }
}
