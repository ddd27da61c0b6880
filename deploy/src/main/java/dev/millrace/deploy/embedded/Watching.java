package dev.millrace.deploy.embedded;

import dev.millrace.api.canary.CanaryConfig;
import dev.millrace.api.monitor.window.WindowConfig;

/**
 * What is watched of what is served.
 *
 * @param windows of quality, which outlive the process
 * @param canary actions of nobody's, to watch freshness
 * @param monitored whether anything is: off, there are no windows and canaries either
 */
public record Watching(WindowConfig windows, CanaryConfig canary, boolean monitored) {
    /** Without canaries: nothing is on the log but what people do. */
    public static final Watching DEFAULT = new Watching(WindowConfig.DEFAULT, CanaryConfig.OFF, true);

    public Watching {
        canary = monitored ? canary : CanaryConfig.OFF;
    }
}
