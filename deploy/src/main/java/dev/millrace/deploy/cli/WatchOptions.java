package dev.millrace.deploy.cli;

import dev.millrace.api.canary.CanaryConfig;
import dev.millrace.api.monitor.window.WindowConfig;
import dev.millrace.deploy.embedded.Watching;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** What is watched of what is served. */
final class WatchOptions {
    @Option(
            names = "--segment",
            paramLabel = "ATTRIBUTE=VALUE,VALUE",
            description =
                    "Windows of quality for each of these values of an attribute that a category slot reads, as in"
                            + " user.country=DE,FR; the others share one. May be given several times.")
    private List<String> segments = List.of();

    @Option(
            names = "--no-monitoring",
            description = "Keep no quality, windows, freshness, frames of the page, hot keys or recent requests: to see"
                    + " what they cost.")
    private boolean unmonitored;

    @Option(
            names = "--canary",
            paramLabel = "on|off",
            defaultValue = "on",
            description =
                    "Whether an action of nobody's is sent, learned and read back each second, to watch freshness."
                            + " Default: ${DEFAULT-VALUE}.")
    private String canary = "on";

    @Option(
            names = "--freshness",
            paramLabel = "TIME",
            defaultValue = "1s",
            description = "The objective: 99 % of these are to be back within this. Default: ${DEFAULT-VALUE}.")
    private String freshness = "1s";

    private CanaryConfig canary() {
        return switch (canary) {
            case "on" -> CanaryConfig.DEFAULT.withObjective(Durations.parse(freshness));
            case "off" -> CanaryConfig.OFF;
            default -> throw new IllegalArgumentException("--canary " + canary + ": write on or off");
        };
    }

    /** @throws IllegalArgumentException naming the option that is wrong */
    Watching watching() {
        Map<String, List<String>> named = new LinkedHashMap<>();
        for (String segment : segments) {
            int equals = segment.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("--segment " + segment + ": write like user.country=DE,FR");
            }
            named.put(
                    segment.substring(0, equals),
                    List.of(segment.substring(equals + 1).split(",")));
        }
        return new Watching(WindowConfig.DEFAULT.withSegments(named), canary(), !unmonitored);
    }
}
