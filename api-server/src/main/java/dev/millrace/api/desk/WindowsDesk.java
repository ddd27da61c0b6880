package dev.millrace.api.desk;

import dev.millrace.api.bus.Buses;
import dev.millrace.api.monitor.window.Length;
import dev.millrace.api.monitor.window.WindowSummary;
import dev.millrace.api.monitor.window.WindowView;
import dev.millrace.api.monitor.window.Windows;
import dev.millrace.api.problem.Problem;
import dev.millrace.api.problem.ProblemException;
import io.micronaut.serde.annotation.Serdeable;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Windows of what was served, asked for by name. Safe for many threads. */
public final class WindowsDesk {
    /** Where none is said. */
    public static final String LENGTH = "1m";

    /** Where no part is said. */
    public static final String OF = Windows.ALL;

    private static final String ALIAS = "alias=";

    private final Models models;
    private final Windows windows;
    private final Buses buses;

    public WindowsDesk(Models models, Windows windows, Buses buses) {
        this.models = models;
        this.windows = windows;
        this.buses = buses;
    }

    /** @param of a part of the traffic; an {@code alias=…} is the version that it names now */
    public WindowView view(String model, String length, String of, boolean series) {
        check(model);
        Length known = length(length);
        String part = of.startsWith(ALIAS) ? version(model, of.substring(ALIAS.length())) : of;
        Set<String> parts = windows.parts(model, known);
        if (!parts.contains(part) && !part.startsWith("version=")) {
            throw new ProblemException(Problem.invalid(
                    "of",
                    "there is nothing of '" + of + "' in this window",
                    "give one of " + parts + ", or alias=…; serve --segment names segments"));
        }
        return windows.view(model, part, known, series);
    }

    /** @param parts each one's few numbers, by name */
    @Serdeable
    public record Parts(String model, String length, Map<String, WindowSummary> parts) {}

    public Parts parts(String model, String length) {
        check(model);
        Length known = length(length);
        Map<String, WindowSummary> parts = new TreeMap<>();
        windows.parts(model, known).forEach(part -> parts.put(part, windows.summary(model, part, known)));
        return new Parts(model, length, parts);
    }

    private void check(String model) {
        models.check(model);
        if (!windows.kept()) {
            throw new ProblemException(Problem.notFound(
                    "model",
                    "this server keeps no windows",
                    "ask one that was started with them, as millrace serve is"));
        }
    }

    private String version(String model, String alias) {
        return "version=" + buses.of(model).version(alias).number();
    }

    private static Length length(String label) {
        return Length.of(label)
                .orElseThrow(() -> new ProblemException(Problem.invalid(
                        "length",
                        "'" + label + "' is no length of a window",
                        "give one of "
                                + Arrays.stream(Length.values())
                                        .map(Length::label)
                                        .collect(Collectors.joining(", ")))));
    }
}
