package dev.millrace.deploy.embedded;

import dev.millrace.api.monitor.window.WindowConfig;

/**
 * What is watched of what is served.
 *
 * @param windows of quality, which outlive the process
 * @param monitored whether anything is: off, there are no windows either
 */
public record Watching(WindowConfig windows, boolean monitored) {
    public static final Watching DEFAULT = new Watching(WindowConfig.DEFAULT, true);
}
