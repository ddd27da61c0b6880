package dev.millrace.load.data;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/** Text files, plain or gzipped, line by line; a failure names file and line. */
final class Lines {
    /** Reads one line, or throws what is wrong with it. */
    @FunctionalInterface
    interface Consumer {
        void accept(Line line);
    }

    /** @param number from 1 */
    record Line(Path file, int number, String text) {
        RecordingException bad(String problem) {
            return new RecordingException(file.getFileName() + ":" + number + ": " + problem);
        }

        /** The columns, of which there must be at least {@code least}. */
        List<String> columns(char separator, int least) {
            List<String> columns = List.of(
                    Pattern.compile(String.valueOf(separator), Pattern.LITERAL).split(text, -1));
            if (columns.size() < least) {
                throw bad("has " + columns.size() + " columns, at least " + least + " expected");
            }
            return columns;
        }

        long number(String value, String column) {
            try {
                return Long.parseLong(value);
            } catch (NumberFormatException e) {
                throw bad(column + " is '" + value + "', a whole number expected");
            }
        }
    }

    private Lines() {}

    /** {@code name} or {@code name.gz} in the folder, if one is there. */
    static Optional<Path> find(Path folder, String name) {
        Path plain = folder.resolve(name);
        Path zipped = folder.resolve(name + ".gz");
        return Files.isRegularFile(plain)
                ? Optional.of(plain)
                : Files.isRegularFile(zipped) ? Optional.of(zipped) : Optional.empty();
    }

    static Path require(Path folder, String name) {
        return find(folder, name)
                .orElseThrow(() -> new RecordingException(folder + " has neither " + name + " nor " + name + ".gz"));
    }

    static void forEach(Path file, Charset charset, Consumer consumer) {
        int number = 0;
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(open(file), charset))) {
            for (String text = reader.readLine(); text != null; text = reader.readLine()) {
                number++;
                if (!text.isBlank()) {
                    consumer.accept(new Line(file, number, text));
                }
            }
        } catch (IOException e) {
            throw new RecordingException(file + ": cannot be read after line " + number + ": " + e.getMessage(), e);
        }
    }

    private static InputStream open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        return file.toString().endsWith(".gz") ? new GZIPInputStream(in, 1 << 16) : in;
    }
}
