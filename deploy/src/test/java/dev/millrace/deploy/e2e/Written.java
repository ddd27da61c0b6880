package dev.millrace.deploy.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What a service has written down. */
final class Written {
    private Written() {}

    /** The files below the folder that hold the text, whatever they are. */
    static List<String> files(Path folder, String text) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            List<String> found = new ArrayList<>();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (Files.readString(file, ISO_8859_1).contains(text)) {
                    found.add(folder.relativize(file).toString());
                }
            }
            return found;
        }
    }
}
