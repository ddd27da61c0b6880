package dev.millrace.deploy.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** {@code {"figures":[{"name","value","unit","target","ok"}],"machine":{…}}}. */
public record BenchReport(List<Figure> figures) {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Path CPUS = Path.of("/proc/cpuinfo");

    public BenchReport {
        figures = List.copyOf(figures);
    }

    public boolean ok() {
        return figures.stream().allMatch(Figure::ok);
    }

    public void write(Path file) throws IOException {
        Files.writeString(file, json());
    }

    String json() throws IOException {
        ObjectNode root = MAPPER.createObjectNode();
        for (Figure figure : figures) {
            root.withArray("figures")
                    .addObject()
                    .put("name", figure.name())
                    .put("value", figure.value())
                    .put("unit", figure.unit())
                    .put("target", figure.target())
                    .put("ok", figure.ok());
        }
        machine(root.putObject("machine"));
        return root.toPrettyString() + System.lineSeparator();
    }

    /** For a person, one line a figure. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Figure figure : figures) {
            text.append(String.format(
                    Locale.ROOT,
                    "%-32s %12s %-8s target %-12s %s%n",
                    figure.name(),
                    String.format(Locale.ROOT, "%.4f", figure.value()).replaceAll("\\.?0+$", ""),
                    figure.unit(),
                    figure.target(),
                    figure.ok() ? "ok" : "MISSED"));
        }
        return text.toString();
    }

    private static void machine(ObjectNode machine) throws IOException {
        machine.put("cores", Runtime.getRuntime().availableProcessors());
        machine.put("cpu", cpu());
        if (ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system) {
            machine.put("memoryMiB", system.getTotalMemorySize() >> 20);
        }
        machine.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put("java", Runtime.version().toString());
    }

    private static String cpu() throws IOException {
        if (!Files.isReadable(CPUS)) {
            return System.getProperty("os.arch");
        }
        try (var lines = Files.lines(CPUS)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        }
    }
}
