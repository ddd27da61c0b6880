package dev.millrace.learner.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;

/** What a benchmark found, a JSON object a line, on stdout and appended to a file. */
final class Figures {
    private final Path file;

    Figures(Path file) {
        this.file = file;
    }

    void add(String name, double value, String unit) throws IOException {
        String number = Double.isFinite(value) ? String.format(Locale.ROOT, "%.6g", value) : "null";
        String line =
                String.format(Locale.ROOT, "{\"name\":\"%s\",\"value\":%s,\"unit\":\"%s\"}%n", name, number, unit);
        System.out.print(line);
        Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
