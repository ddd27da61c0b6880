package dev.millrace.ps.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What a benchmark found, a JSON object a line, on stdout and in a file: {@code {"name":…,"value":…,"unit":…}}. */
public final class Figures implements AutoCloseable {
    private final PrintWriter file;

    public Figures(Path report) throws IOException {
        file = new PrintWriter(Files.newBufferedWriter(report));
    }

    public void add(String name, double value, String unit) {
        String line =
                String.format(Locale.ROOT, "{\"name\":\"%s\",\"value\":%s,\"unit\":\"%s\"}", name, number(value), unit);
        System.out.println(line);
        file.println(line);
        file.flush();
    }

    private static String number(double value) {
        return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4f", value) : "null";
    }

    @Override
    public void close() {
        file.close();
    }
}
